//! The tree that an archive is unpacked into. All of it is reached from the descriptor of its root.

use std::{
    fs::File,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, makedev},
    io::Errno,
};

use super::{
    Problem, Rules,
    attributes::{set_owner_and_mode, set_unopened, times},
    name::Name,
    whiteout::{is_whiteout, make_opaque},
};
use crate::{
    archive::{Entry, Kind},
    notes::in_user_namespace,
    open::open_resolved,
    remove::{Removed, remove_entry},
};

/// Permissions of a directory that the archive has no entry for.
const IMPLIED_MODE: Mode = Mode::from_raw_mode(0o755);
/// Permissions of what is not finished.
const UNFINISHED_MODE: Mode = Mode::from_raw_mode(0o700);

/// A tree while it is written. Nobody else writes to a layer's; in a container's anybody may.
#[derive(Debug)]
pub(super) struct Tree {
    root: OwnedFd,
    rules: Rules,
    /// The directory of the entry before, for the next one is most often there too.
    parent: Option<(Vec<u8>, OwnedFd)>,
    /// Directories and their times, which are set when nothing more is put into them.
    times: Vec<(Vec<u8>, (i64, u32))>,
    file_bytes: u64,
}

impl Tree {
    /// Begins with a directory.
    pub(super) const fn new(root: OwnedFd, rules: Rules) -> Self {
        Self { root, rules, parent: None, times: Vec::new(), file_bytes: 0 }
    }

    /// Gives the rules.
    pub(super) const fn rules(&self) -> Rules {
        self.rules
    }

    /// Gives the root.
    pub(super) fn root(&self) -> BorrowedFd<'_> {
        self.root.as_fd()
    }

    /// Gives the bytes of all regular files.
    pub(super) const fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// Counts the bytes of a new file.
    pub(super) const fn add_file_bytes(&mut self, bytes: u64) {
        self.file_bytes += bytes;
    }

    /// Has the time of the directory `path` set at the end.
    pub(super) fn remember_time(&mut self, path: Vec<u8>, time: (i64, u32)) {
        self.times.push((path, time));
    }

    /// Makes a directory, or gives the one that is there its attributes.
    pub(super) fn directory(&mut self, name: &Name<'_>, entry: &Entry) -> Result<(), Problem> {
        let (last, parent) = self.place(name)?;
        let failed = Problem::of_path("making a directory");
        let mut over_whiteout = false;
        if let Err(errno) = rustix::fs::mkdirat(parent, last, UNFINISHED_MODE) {
            if errno != Errno::EXIST {
                return Err(failed(errno));
            }
            let stat = rustix::fs::statat(parent, last, AtFlags::SYMLINK_NOFOLLOW);
            let stat = stat.map_err(&failed)?;
            if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
                over_whiteout = is_whiteout(&stat);
                self.make_room(name, true)?;
                let (last, parent) = self.place(name)?;
                rustix::fs::mkdirat(parent, last, UNFINISHED_MODE).map_err(&failed)?;
            }
        }
        let (last, parent) = self.place(name)?;
        let directory = open_directory(parent, last).map_err(&failed)?;
        if over_whiteout && self.rules.is_layer {
            // The layer deletes the directory of the lower layers and has a new one of that name.
            make_opaque(&directory)?;
        }
        set_owner_and_mode(&directory, entry)?;
        self.remember_time(name.path(), entry.mtime);
        Ok(())
    }

    /// Makes an empty file in place of whatever is there.
    pub(super) fn create_file(&mut self, name: &Name<'_>) -> Result<File, Problem> {
        let file = self.create(name, "making a file", |parent, last| {
            let flags =
                OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            rustix::fs::openat(parent, last, flags, UNFINISHED_MODE)
        })?;
        Ok(file.into())
    }

    /// Makes another name of a file that the tree has.
    pub(super) fn hard_link(&mut self, name: &Name<'_>, to: &Name<'_>) -> Result<(), Problem> {
        let Some(target) = to.last() else {
            return Err(Problem::Refused("it is a hard link to the root"));
        };
        if name.path() == to.path() {
            return Err(Problem::Refused("it is a hard link to itself"));
        }
        let target_parent = match open_beneath(&self.root, &to.parent()) {
            Err(Errno::NOENT) => return Err(Problem::Refused("it links to what is not there")),
            opened => opened.map_err(Problem::of_path("opening what it links to"))?,
        };
        match rustix::fs::statat(&target_parent, target, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => return Err(Problem::Refused("it links to what is not there")),
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::Directory => {
                return Err(Problem::Refused("it is a hard link to a directory"));
            }
            found => found.map_err(Problem::of_path("looking at what it links to"))?,
        };
        self.create(name, "making a hard link", |parent, last| {
            rustix::fs::linkat(&target_parent, target, parent, last, AtFlags::empty())
        })
    }

    /// Makes a symbolic link, which may lead anywhere: it is followed in containers only.
    pub(super) fn symlink(&mut self, name: &Name<'_>, entry: &Entry) -> Result<(), Problem> {
        if entry.link.is_empty() {
            return Err(Problem::Refused("it is a link to nothing"));
        }
        self.create(name, "making a symbolic link", |parent, last| {
            rustix::fs::symlinkat(entry.link.as_slice(), parent, last)
        })?;
        let (last, parent) = self.place(name)?;
        set_unopened(parent, last, entry, FileType::Symlink)
    }

    /// Makes a device or a pipe.
    pub(super) fn node(&mut self, name: &Name<'_>, entry: &Entry) -> Result<(), Problem> {
        let file_type = match entry.kind {
            Kind::CharDevice => FileType::CharacterDevice,
            Kind::BlockDevice => FileType::BlockDevice,
            Kind::Fifo | Kind::Directory | Kind::File | Kind::HardLink | Kind::Symlink => {
                FileType::Fifo
            }
        };
        if file_type != FileType::Fifo && in_user_namespace() {
            // It could not be used either. Engines without root rights leave it out.
            return Ok(());
        }
        let device = makedev(entry.device.0, entry.device.1);
        self.create(name, "making a device", |parent, last| {
            rustix::fs::mknodat(parent, last, file_type, UNFINISHED_MODE, device)
        })?;
        let (last, parent) = self.place(name)?;
        set_unopened(parent, last, entry, file_type)
    }

    /// Opens the directory that `name` is in, and makes it where the archive has no entry for it.
    pub(super) fn open_parent(&mut self, name: &Name<'_>) -> Result<BorrowedFd<'_>, Problem> {
        let path = name.parent();
        let known = self.parent.take().filter(|(known, _)| *known == path);
        let parent = match known {
            Some((_, parent)) => parent,
            None => self.open_or_make(&path)?,
        };
        Ok(self.parent.insert((path, parent)).1.as_fd())
    }

    /// Sets the times of directories, the last ones first: a directory comes before what is in it.
    pub(super) fn finish(mut self) -> io::Result<()> {
        for (path, time) in std::mem::take(&mut self.times).into_iter().rev() {
            match open_beneath(&self.root, &path) {
                Ok(directory) => rustix::fs::futimens(directory, &times(time))?,
                // A later entry has put something else in its place.
                Err(Errno::NOENT | Errno::NOTDIR | Errno::XDEV | Errno::LOOP) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(())
    }

    /// Gives the last part of a name, which has one, and the directory it is in.
    fn place<'n>(&mut self, name: &Name<'n>) -> Result<(&'n [u8], BorrowedFd<'_>), Problem> {
        let last = name.last().ok_or(Problem::Refused("it has no name"))?;
        Ok((last, self.open_parent(name)?))
    }

    /// Makes something by `make`, in place of whatever has the name.
    fn create<T>(
        &mut self,
        name: &Name<'_>,
        action: &'static str,
        make: impl Fn(BorrowedFd<'_>, &[u8]) -> rustix::io::Result<T>,
    ) -> Result<T, Problem> {
        let (last, parent) = self.place(name)?;
        match make(parent, last) {
            Err(Errno::EXIST) => {
                self.make_room(name, false)?;
                let (last, parent) = self.place(name)?;
                make(parent, last).map_err(Problem::of_path(action))
            }
            result => result.map_err(Problem::of_path(action)),
        }
    }

    /// Removes what has the name of a later entry, which is a directory or is none.
    fn make_room(&mut self, name: &Name<'_>, directory: bool) -> Result<(), Problem> {
        let keep_kinds = self.rules.keep_kinds;
        let (last, parent) = self.place(name)?;
        if keep_kinds && (directory || is_directory(parent, last)) {
            return Err(Problem::Overwrite { directory });
        }
        let removed: Removed = match remove_entry(parent, last) {
            // Somebody else was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Removed::default(),
            removed => {
                removed.map_err(|source| Problem::Write("removing what it replaces", source))?
            }
        };
        self.file_bytes = self.file_bytes.saturating_sub(removed.file_bytes);
        // What is known of open directories may be gone.
        self.parent = None;
        Ok(())
    }

    fn open_or_make(&self, path: &[u8]) -> Result<OwnedFd, Problem> {
        let failed = Problem::of_path("opening its directory");
        match open_beneath(&self.root, path) {
            Err(Errno::NOENT) => {}
            opened => return opened.map_err(failed),
        }
        let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        for end in ends.chain([path.len()]) {
            let (parent, last) = match path[..end].iter().rposition(|&byte| byte == b'/') {
                Some(at) => (open_beneath(&self.root, &path[..at]), &path[at + 1..end]),
                None => (open_beneath(&self.root, b""), &path[..end]),
            };
            match rustix::fs::mkdirat(parent.map_err(&failed)?, last, IMPLIED_MODE) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(errno) => return Err(failed(errno)),
            }
        }
        open_beneath(&self.root, path).map_err(failed)
    }
}

/// Opens the directory `name` of `parent`, which is not a link.
pub(super) fn open_directory(parent: impl AsFd, name: &[u8]) -> rustix::io::Result<OwnedFd> {
    rustix::fs::openat(parent, name, DIRECTORY | OFlags::NOFOLLOW, Mode::empty())
}

fn is_directory(parent: impl AsFd, name: &[u8]) -> bool {
    let stat = rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW);
    stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Directory)
}

/// Opens the directory `path` below `root`. Links on the way are followed as long as they stay below.
fn open_beneath(root: &OwnedFd, path: &[u8]) -> rustix::io::Result<OwnedFd> {
    let path = if path.is_empty() { b"." } else { path };
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    open_resolved(root, path, DIRECTORY, resolve)
}

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
