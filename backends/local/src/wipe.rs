//! Removes a directory that a container could write to.
//!
//! A container may leave directories nested deeper than a path can name or a process can open. So nothing here
//! recurses: a directory found below the first level is moved up to it, and its turn comes later. At any time two
//! directories are open, and links are removed, never followed.

use std::{
    ffi::{CStr, CString},
    io,
    os::fd::{AsFd, OwnedFd},
    path::Path,
};

use rustix::{
    fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, renameat, unlinkat},
    io::Errno,
};

/// Removes the directory `path` and all that is in it. One that is not there is as good as removed.
pub(crate) fn wipe(path: &Path) -> io::Result<()> {
    let top = match open_dir(CWD, path) {
        Ok(top) => top,
        Err(Errno::NOENT) => return Ok(()),
        Err(errno) => return Err(errno.into()),
    };
    let mut moved = 0_u64;
    loop {
        let mut emptied = true;
        for (name, kind) in entries(&top)? {
            emptied = false;
            if remove(&top, &name, kind)? {
                continue;
            }
            // Its directories land beside it, and the next round finds them.
            let inner = open_dir(top.as_fd(), name.as_c_str())?;
            for (name, kind) in entries(&inner)? {
                if !remove(&inner, &name, kind)? {
                    lift(&inner, &name, &top, &mut moved)?;
                }
            }
            remove(&top, &name, FileType::Directory)?;
        }
        if emptied {
            break;
        }
    }
    match rustix::fs::rmdir(path) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

/// Opens a directory, and nothing that a link stands for.
pub(crate) fn open_dir(at: impl AsFd, path: impl rustix::path::Arg) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(at, path, flags, Mode::empty())
}

/// Reads all names at once, for a directory that is changed while it is read may skip some.
fn entries(dir: &OwnedFd) -> io::Result<Vec<(CString, FileType)>> {
    let mut found = Vec::new();
    for entry in Dir::read_from(dir)? {
        let entry = entry?;
        if ![c".", c".."].contains(&entry.file_name()) {
            found.push((entry.file_name().to_owned(), entry.file_type()));
        }
    }
    Ok(found)
}

/// Removes a file or an empty directory; false for a directory that is not empty.
fn remove(dir: &OwnedFd, name: &CStr, kind: FileType) -> io::Result<bool> {
    let known = kind == FileType::Directory;
    let file = if known { Err(Errno::ISDIR) } else { unlinkat(dir, name, AtFlags::empty()) };
    let outcome = match file {
        // Some file systems do not tell what an entry is.
        Err(Errno::ISDIR) => unlinkat(dir, name, AtFlags::REMOVEDIR),
        outcome => outcome,
    };
    match outcome {
        Ok(()) | Err(Errno::NOENT) => Ok(true),
        Err(Errno::NOTEMPTY | Errno::EXIST) => Ok(false),
        Err(errno) => Err(errno.into()),
    }
}

/// Moves a directory to the top, under a name that is free there.
fn lift(from: &OwnedFd, name: &CStr, top: &OwnedFd, moved: &mut u64) -> io::Result<()> {
    loop {
        let free = format!(".wipe-{moved}");
        *moved += 1;
        match renameat(from, name, top, free.as_str()) {
            Ok(()) => return Ok(()),
            // What stands there is not empty, or not a directory; it is on its way out too.
            Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

#[cfg(test)]
mod tests;
