//! A context: the files that a client sent, or that were fetched for it, in a directory of their own.

use std::{
    fs::File,
    io::Read as _,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
};

use backends_core::Shown;
use backends_images::open_in_root;
use rustix::fs::{AtFlags, FileType, OFlags, fstat};

use crate::{BuildError, Dockerfile, Ignore, dockerfile::BYTES_MAX, ignore};

/// Bytes of a `.dockerignore`.
const IGNORE_BYTES_MAX: u64 = 1024 * 1024;

/// An unpacked context.
#[derive(Debug)]
pub struct Context {
    root: OwnedFd,
}

impl Shown for Context {
    fn root(&self) -> BorrowedFd<'_> {
        self.root.as_fd()
    }
}

impl Context {
    /// Opens a directory as a context.
    pub fn open(directory: &Path) -> std::io::Result<Self> {
        Ok(Self { root: File::open(directory)?.into() })
    }

    /// Reads the Dockerfile at a path of the context. It may be a link, and is found inside of the context.
    pub fn dockerfile(&self, path: &str) -> Result<Dockerfile, BuildError> {
        let missing = || BuildError::Asked(format!("Cannot locate specified Dockerfile: {path}"));
        let text = self.read(path, BYTES_MAX)?.ok_or_else(missing)?;
        Ok(Dockerfile::parse(&text, path)?)
    }

    /// Takes out what `.dockerignore` names.
    ///
    /// A client has left out the files already, and has sent that file and the Dockerfile all the same: these two go, as with
    /// the docker daemon. Of a context that no client has put together, `all` that is named goes.
    pub fn ignore(&self, dockerfile: &str, all: bool) -> Result<(), BuildError> {
        let Some(text) = self.read(ignore::NAME, IGNORE_BYTES_MAX)? else { return Ok(()) };
        let ignored = Ignore::parse(&text).map_err(|error| BuildError::Asked(error.to_string()))?;
        if all {
            return self.remove_all(&ignored);
        }
        for path in [ignore::NAME, dockerfile] {
            let path = path.trim_start_matches("./");
            if ignored.excludes(path) {
                self.remove(path)?;
            }
        }
        Ok(())
    }

    fn remove_all(&self, ignored: &Ignore) -> Result<(), BuildError> {
        let failed = BuildError::files("leaving out what .dockerignore names");
        let mut walk = backends_images::Walk::begin(&self.root).map_err(&failed)?;
        let mut gone = Vec::new();
        while let Some((parent, file, path)) = walk.advance() {
            let stat = rustix::fs::statat(parent, &file, AtFlags::SYMLINK_NOFOLLOW);
            let stat = stat.map_err(&failed)?;
            let is_directory = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
            let shown = String::from_utf8_lossy(&path).into_owned();
            let excluded = ignored.excludes(&shown);
            if excluded && (!is_directory || !ignored.may_keep_below()) {
                gone.push(shown);
            } else if is_directory {
                walk.enter(&file).map_err(&failed)?;
            }
        }
        gone.iter().try_for_each(|path| self.remove(path))
    }

    /// Removes a file or a tree of the context.
    fn remove(&self, path: &str) -> Result<(), BuildError> {
        let (parent, name) = path.rsplit_once('/').unwrap_or((".", path));
        let failed = BuildError::files("leaving out what .dockerignore names");
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let parent = open_in_root(&self.root, parent.as_bytes(), flags).map_err(&failed)?;
        match backends_images::remove_entry(&parent, name.as_bytes()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(BuildError::Step(format!("leaving out {path} failed: {error}")))
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Reads a text of the context; `None` where there is no such file.
    fn read(&self, path: &str, bytes_max: u64) -> Result<Option<String>, BuildError> {
        let Ok(held) = open_in_root(&self.root, path.as_bytes(), OFlags::PATH) else {
            return Ok(None);
        };
        let is_file = fstat(&held)
            .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile);
        if !is_file {
            return Ok(None);
        }
        let file = open_in_root(&self.root, path.as_bytes(), OFlags::RDONLY | OFlags::NONBLOCK)
            .map_err(BuildError::files("opening a file of the context"))?;
        let mut text = String::new();
        let read = File::from(file).take(bytes_max + 1).read_to_string(&mut text);
        let unreadable = |error| BuildError::Asked(format!("{path} cannot be read: {error}"));
        let len = read.map_err(unreadable)?;
        if len as u64 > bytes_max {
            return Err(BuildError::Asked(format!("{path} has more than {bytes_max} bytes")));
        }
        Ok(Some(text))
    }
}
