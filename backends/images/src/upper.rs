//! What a container has changed: the upper directory of its overlay beside the files below it.
//!
//! Two things are made of it: a list, as `docker diff` shows it, and a layer, as `docker commit` and a build keep it. Either
//! leaves out what only a run needed in order to mount something over it, for no program of the container has made that.

use rustix::{
    fd::{AsFd, BorrowedFd, OwnedFd},
    fs::{AtFlags, FileType, OFlags, ResolveFlags, Stat},
    io::Errno,
};

use crate::{notes, open::open_resolved};

mod changes;
mod left_out;
mod take;

pub use changes::{Change, ChangeKind, ChangesError};
pub use left_out::LeftOut;
pub use take::TakeError;

/// An upper directory and the files below it, which are one tree however many layers they are of.
#[derive(Debug)]
pub struct Upper {
    /// What was written.
    pub upper: OwnedFd,
    /// What was there before.
    pub lower: OwnedFd,
}

/// Looks at a path below `root`, through no link; `None` where nothing is.
fn look(root: impl AsFd, path: &[u8]) -> rustix::io::Result<Option<Stat>> {
    let (parent, name) = match path.iter().rposition(|&byte| byte == b'/') {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (b".".as_slice(), path),
    };
    let parent = match open_plain(root, parent, OFlags::PATH | OFlags::DIRECTORY) {
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(None),
        opened => opened?,
    };
    match rustix::fs::statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
        found => found.map(Some),
    }
}

/// Opens a path below `root`, through no link.
fn open_plain(root: impl AsFd, path: &[u8], flags: OFlags) -> rustix::io::Result<OwnedFd> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    open_resolved(root, path, flags, resolve)
}

/// Tells whether a directory hides all that is below it.
pub(crate) fn is_opaque(parent: BorrowedFd<'_>, name: &[u8]) -> rustix::io::Result<bool> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    let directory = open_plain(parent, name, flags)?;
    let mut value = [0; 8];
    Ok(rustix::fs::fgetxattr(&directory, notes::opaque(), &mut value)
        .is_ok_and(|len| value[..len] == *b"y"))
}

fn is_directory(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::Directory
}

#[cfg(test)]
mod tests;
