//! A context: the files that a client sent, or that were fetched for it, in a directory of their own.
//!
//! What a client sends stays an archive until a step wants its files: what was all done before asks for names, sums and the
//! Dockerfile alone, and has these from the archive's list.

use std::{
    fs::File,
    io::Read as _,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use backends_images::{ExtractOptions, Listed, ListedKind, Spool, open_in_root};
use rustix::fs::{AtFlags, FileType, OFlags, fstat};

use crate::{
    BuildError, Dockerfile, Ignore,
    dockerfile::BYTES_MAX,
    error::with_causes,
    files::listed::{self, Unsure},
    ignore,
};

/// Bytes of a `.dockerignore`.
const IGNORE_BYTES_MAX: u64 = 1024 * 1024;

/// The files that a build copies from.
#[derive(Debug)]
pub struct Context {
    /// The directory of its files; it is empty until they are wanted.
    root: OwnedFd,
    packed: Option<Packed>,
}

/// A context that is not unpacked yet.
#[derive(Debug)]
struct Packed {
    spool: Spool,
    rules: ExtractOptions,
    /// What was taken out of the list, and goes from the files when they are there.
    left_out: Vec<String>,
    is_unpacked: AtomicBool,
    turn: Mutex<()>,
}

impl From<OwnedFd> for Context {
    /// Takes a directory that is open as a context.
    fn from(root: OwnedFd) -> Self {
        Self { root, packed: None }
    }
}

impl Context {
    /// Opens a directory as a context.
    pub fn open(directory: &Path) -> std::io::Result<Self> {
        Ok(Self::from(OwnedFd::from(File::open(directory)?)))
    }

    /// Takes an archive as a context. Its files come into `directory`, which is empty, when a step wants them, by `rules`,
    /// which give them to root.
    pub fn packed(directory: &Path, spool: Spool, rules: ExtractOptions) -> std::io::Result<Self> {
        let (left_out, is_unpacked, turn) = (Vec::new(), AtomicBool::new(false), Mutex::new(()));
        let packed = Packed { spool, rules, left_out, is_unpacked, turn };
        Ok(Self { packed: Some(packed), ..Self::open(directory)? })
    }

    /// Gives the list of the files, and the archive that has their bytes, where there are such.
    pub(crate) fn listing(&self) -> Option<(&Listed, &Spool)> {
        let packed = self.packed.as_ref()?;
        Some((packed.spool.listing()?, &packed.spool))
    }

    /// Gives the directory of the files, which come there when they are wanted for the first time. That blocks.
    pub(crate) fn root(&self) -> Result<BorrowedFd<'_>, BuildError> {
        if let Some(packed) = &self.packed
            && !packed.is_unpacked.load(Ordering::Acquire)
        {
            let _turn = packed.turn.lock().unwrap_or_else(PoisonError::into_inner);
            if !packed.is_unpacked.load(Ordering::Acquire) {
                self.unpack(packed)?;
                packed.is_unpacked.store(true, Ordering::Release);
            }
        }
        Ok(self.root.as_fd())
    }

    fn unpack(&self, packed: &Packed) -> Result<(), BuildError> {
        let failed = BuildError::files("opening the context");
        let root = self.root.try_clone().map_err(|error| BuildError::step(error.to_string()))?;
        // What is there of an attempt that failed would be in the way of the next.
        let mut there = backends_images::Walk::begin(&self.root).map_err(&failed)?;
        if there.advance().is_some() {
            return Err(BuildError::step("the context could not be unpacked"));
        }
        let unpacked = packed.spool.unpack(root, &packed.rules);
        unpacked.map_err(|error| BuildError::Step(with_causes(&error)))?;
        packed.left_out.iter().try_for_each(|path| self.remove(path))
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
    pub fn ignore(&mut self, dockerfile: &str, all: bool) -> Result<(), BuildError> {
        let Some(text) = self.read(ignore::NAME, IGNORE_BYTES_MAX)? else { return Ok(()) };
        let ignored = Ignore::parse(&text).map_err(|error| BuildError::Asked(error.to_string()))?;
        if all {
            self.root()?;
            return self.remove_all(&ignored);
        }
        for path in [ignore::NAME, dockerfile] {
            let path = path.trim_start_matches("./");
            if ignored.excludes(path) {
                self.leave_out(path)?;
            }
        }
        Ok(())
    }

    /// Takes a file out of the list, or removes it where the files are there.
    fn leave_out(&mut self, path: &str) -> Result<(), BuildError> {
        let Some(packed) = self.packed.as_mut() else { return self.remove(path) };
        let listing = packed.spool.listing_mut();
        let is_out = listing.is_some_and(|listing| listed::remove(listing, path).is_ok());
        if is_out && !*packed.is_unpacked.get_mut() {
            packed.left_out.push(path.to_owned());
            return Ok(());
        }
        if !is_out {
            // What the list does not tell has to be told by the files, from now on.
            packed.spool.forget_listing();
        }
        self.root()?;
        self.remove(path)
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
        let unreadable = |error: &dyn std::fmt::Display| {
            BuildError::Asked(format!("{path} cannot be read: {error}"))
        };
        let too_long = || BuildError::Asked(format!("{path} has more than {bytes_max} bytes"));
        if let Some((listing, spool)) = self.listing() {
            match listed::look(listing, path) {
                Ok(Some(file)) => {
                    let ListedKind::File { offset, len } = file.kind else { return Ok(None) };
                    if len > bytes_max {
                        return Err(too_long());
                    }
                    let mut bytes = Vec::new();
                    let read = spool.read(offset, len, |piece| bytes.extend_from_slice(piece));
                    read.map_err(|error| unreadable(&error))?;
                    let text = String::from_utf8(bytes);
                    return text.map(Some).map_err(|error| unreadable(&error));
                }
                Ok(None) => return Ok(None),
                Err(Unsure::Link) => {}
                Err(Unsure::Failed(error)) => return Err(error),
            }
        }
        let root = self.root()?;
        let Ok(held) = open_in_root(root, path.as_bytes(), OFlags::PATH) else {
            return Ok(None);
        };
        let is_file = fstat(&held)
            .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile);
        if !is_file {
            return Ok(None);
        }
        let file = open_in_root(root, path.as_bytes(), OFlags::RDONLY | OFlags::NONBLOCK)
            .map_err(BuildError::files("opening a file of the context"))?;
        let mut text = String::new();
        let read = File::from(file).take(bytes_max + 1).read_to_string(&mut text);
        let len = read.map_err(|error| unreadable(&error))?;
        if len as u64 > bytes_max { Err(too_long()) } else { Ok(Some(text)) }
    }
}

#[cfg(test)]
mod tests;
