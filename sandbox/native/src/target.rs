//! Places inside a root file system, found and made without being led out of it.
//!
//! Every lookup starts at the root's descriptor and is kept inside by the kernel; `/proc`'s magic links are not followed.
//! Another container that shares a volume may change it meanwhile: then the lookup ends inside all the same.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{
    FileType, Mode, OFlags, PROC_SUPER_MAGIC, ResolveFlags, fstat, fstatfs, mkdirat, openat,
    openat2,
};
use rustix::io::Errno;

use crate::error::{During, StartError, step};

/// How often a lookup is repeated that the kernel gave up because something was renamed meanwhile.
const RESOLVE_TRIES: u32 = 64;

/// What a missing target is made as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TargetKind {
    Directory,
    File,
}

/// Returns the place at `path` for a mount; makes it, and the directories on the way, if it is missing.
pub(crate) fn for_mount(
    root: BorrowedFd<'_>,
    path: &str,
    kind: TargetKind,
) -> Result<OwnedFd, StartError> {
    let target = match kind {
        TargetKind::Directory => directory(root, path)?,
        TargetKind::File => file(root, path)?,
    };
    let inside = fstatfs(&target).during(step!("looking at {path}"))?;
    if inside.f_type == PROC_SUPER_MAGIC {
        let reason = format!("{path:?} cannot be mounted because it is inside /proc");
        return Err(StartError::Refused { reason });
    }
    Ok(target)
}

/// Returns the directory at `path`, made if it is missing.
pub(crate) fn directory(root: BorrowedFd<'_>, path: &str) -> Result<OwnedFd, StartError> {
    let found = match open(root, path, OFlags::DIRECTORY) {
        Err(Errno::NOENT) => make_directories(root, path),
        found => found,
    };
    found.during(step!("mkdir {path}"))
}

/// Returns what is at `path`, if anything is, with any links on the way followed inside the root.
pub(crate) fn existing(root: BorrowedFd<'_>, path: &str) -> Result<Option<OwnedFd>, StartError> {
    match open(root, path, OFlags::empty()) {
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
        found => found.map(Some).during(step!("opening {path}")),
    }
}

/// Tells whether a descriptor refers to a directory.
pub(crate) fn is_directory(file: impl AsFd) -> Result<bool, Errno> {
    Ok(FileType::from_raw_mode(fstat(file)?.st_mode).is_dir())
}

fn file(root: BorrowedFd<'_>, path: &str) -> Result<OwnedFd, StartError> {
    match open(root, path, OFlags::empty()) {
        Err(Errno::NOENT) => {}
        found => return found.during(step!("opening {path}")),
    }
    let (parent, name) = split(path);
    let parent = directory(root, parent)?;
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mode = Mode::from_raw_mode(0o644);
    let made = openat(&parent, name, flags, mode);
    made.and_then(|_| open(root, path, OFlags::empty())).during(step!("creating {path}"))
}

fn make_directories(root: BorrowedFd<'_>, path: &str) -> Result<OwnedFd, Errno> {
    let mut prefix = String::new();
    let mut parent = open(root, "/", OFlags::DIRECTORY)?;
    for name in path.split('/').filter(|name| !name.is_empty() && *name != ".") {
        prefix.push('/');
        prefix.push_str(name);
        parent = match open(root, &prefix, OFlags::DIRECTORY) {
            Err(Errno::NOENT) => {
                match mkdirat(&parent, name, Mode::from_raw_mode(0o755)) {
                    // A link to nowhere has the name; the lookup below tells.
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(errno) => return Err(errno),
                }
                open(root, &prefix, OFlags::DIRECTORY)?
            }
            found => found?,
        };
    }
    Ok(parent)
}

fn open(root: BorrowedFd<'_>, path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    let flags = flags | OFlags::PATH | OFlags::CLOEXEC;
    let mut tries = 0;
    loop {
        match openat2(root, path, flags, Mode::empty(), resolve) {
            Err(Errno::AGAIN) if tries < RESOLVE_TRIES => tries += 1,
            found => return found,
        }
    }
}

fn split(path: &str) -> (&str, &str) {
    let path = path.trim_end_matches('/');
    path.rsplit_once('/').unwrap_or(("/", path))
}

#[cfg(test)]
mod tests;
