//! Removes trees that anybody may have made: of any depth, with any names, never following a link.

use std::{
    ffi::CString,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::atomic::{AtomicU64, Ordering},
};

use rustix::{
    fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat},
    io::Errno,
};

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Bytes of the regular files that have no other name.
    pub file_bytes: u64,
}

/// Removes `name` of `parent` with everything in it.
///
/// Directories are moved up before they are emptied, so that neither the stack, nor descriptors, nor the length of
/// a path limit how deep a tree may be. The tree may stay in part after an error.
pub fn remove_entry(parent: impl AsFd, name: &[u8]) -> io::Result<Removed> {
    let parent = parent.as_fd();
    let mut removed = Removed::default();
    let stat = rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
        removed.count(&stat);
        rustix::fs::unlinkat(parent, name, AtFlags::empty())?;
        return Ok(removed);
    }
    let top = open_directory(parent, name)?;
    let mut waiting = empty(top.as_fd(), top.as_fd(), &mut removed)?;
    while let Some(moved) = waiting.pop() {
        let directory = open_directory(top.as_fd(), moved.to_bytes())?;
        waiting.extend(empty(directory.as_fd(), top.as_fd(), &mut removed)?);
        rustix::fs::unlinkat(&top, &moved, AtFlags::REMOVEDIR)?;
    }
    rustix::fs::unlinkat(parent, name, AtFlags::REMOVEDIR)?;
    Ok(removed)
}

impl Removed {
    fn count(&mut self, stat: &Stat) {
        if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile && stat.st_nlink == 1 {
            self.file_bytes += stat.st_size.unsigned_abs();
        }
    }
}

/// Unlinks what is in `directory`, and moves its directories into `top` under names that are given back.
fn empty(
    directory: BorrowedFd<'_>,
    top: BorrowedFd<'_>,
    removed: &mut Removed,
) -> io::Result<Vec<CString>> {
    let mut moved = Vec::new();
    let names = Dir::read_from(directory)?
        .map(|entry| entry.map(|entry| entry.file_name().to_owned()))
        .filter(|name| !matches!(name.as_deref().map(|name| name.to_bytes()), Ok(b"." | b"..")))
        .collect::<Result<Vec<_>, _>>()?;
    for name in names {
        let stat = rustix::fs::statat(directory, &name, AtFlags::SYMLINK_NOFOLLOW)?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
            moved.push(move_up(directory, &name, top)?);
        } else {
            removed.count(&stat);
            rustix::fs::unlinkat(directory, &name, AtFlags::empty())?;
        }
    }
    Ok(moved)
}

/// Moves a directory into `top`, under a name that nothing has there.
fn move_up(from: BorrowedFd<'_>, name: &CString, top: BorrowedFd<'_>) -> io::Result<CString> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let to = CString::new(format!(".removed-{number}"))?;
        let flags = rustix::fs::RenameFlags::NOREPLACE;
        match rustix::fs::renameat_with(from, name, top, &to, flags) {
            Ok(()) => return Ok(to),
            Err(Errno::EXIST) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

fn open_directory(parent: BorrowedFd<'_>, name: &[u8]) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(parent, name, flags, Mode::empty())
}

#[cfg(test)]
mod tests;
