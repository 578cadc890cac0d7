//! The list of changes, by the rules of the docker daemon, which compares the tree as it is with the tree as it was.

use std::collections::HashSet;

use rustix::{
    fd::OwnedFd,
    fs::{AtFlags, Dir, OFlags, Stat},
    io::Errno,
};

use super::{LeftOut, Upper, is_directory, is_opaque, look, open_plain};
use crate::{pack::Walk, unpack::is_whiteout};

/// Changes of one list. Each is some hundred bytes of memory and of the answer; a container may make millions of files.
const CHANGES_MAX: usize = 4_000_000;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The path, from the root.
    pub path: Vec<u8>,
    /// What happened to it.
    pub kind: ChangeKind,
}

/// What happened to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is another one, or what is in it is.
    Modified,
    /// It is new.
    Added,
    /// It is gone.
    Deleted,
}

/// Tells why changes could not be listed.
#[derive(Debug, thiserror::Error)]
pub enum ChangesError {
    /// A directory could not be read.
    #[error("reading the changed files failed")]
    Read(#[from] Errno),
    /// There are too many.
    #[error("there are more than {CHANGES_MAX} changes")]
    TooMany,
}

/// The list while it grows.
struct List {
    changes: Vec<Change>,
    /// Directories that are in it, so that those above a change come once.
    shown: HashSet<Vec<u8>>,
}

impl Upper {
    /// Lists what was changed; a directory comes before what is in it.
    pub fn changes(&self, left_out: &LeftOut) -> Result<Vec<Change>, ChangesError> {
        let mut list = List { changes: Vec::new(), shown: HashSet::new() };
        let mut walk = Walk::begin(&self.upper)?;
        while let Some((parent, file, path)) = walk.advance() {
            if left_out.has(&path) {
                // What is in it is left out too.
                continue;
            }
            let stat = match rustix::fs::statat(parent, &file, AtFlags::SYMLINK_NOFOLLOW) {
                Err(Errno::NOENT) => continue,
                stat => stat?,
            };
            let before = look(&self.lower, &path)?;
            if is_whiteout(&stat) {
                if before.is_some() {
                    list.add(&path, ChangeKind::Deleted)?;
                }
                continue;
            }
            match &before {
                None => list.add(&path, ChangeKind::Added)?,
                Some(before) if differs(before, &stat) => list.add(&path, ChangeKind::Modified)?,
                Some(_) => {}
            }
            if !is_directory(&stat) {
                continue;
            }
            let hides = is_opaque(parent, &file).or_else(|errno| match errno {
                Errno::NOENT | Errno::NOTDIR | Errno::LOOP => Ok(false),
                errno => Err(errno),
            })?;
            if hides && before.is_some_and(|before| is_directory(&before)) {
                self.hidden(&path, &mut list)?;
            }
            walk.enter(&file)?;
        }
        Ok(list.changes)
    }

    /// Adds what a directory that was made anew does not have any more.
    fn hidden(&self, path: &[u8], list: &mut List) -> Result<(), ChangesError> {
        let before = open_plain(&self.lower, path, OFlags::RDONLY | OFlags::DIRECTORY)?;
        for name in names_of(before)? {
            let inside = [path, b"/", &name].concat();
            let now = look(&self.upper, &inside)?;
            if now.is_none_or(|now| is_whiteout(&now)) {
                list.add(&inside, ChangeKind::Deleted)?;
            }
        }
        Ok(())
    }
}

impl List {
    /// Adds a change, and the directories above it where they are not in the list.
    fn add(&mut self, path: &[u8], kind: ChangeKind) -> Result<(), ChangesError> {
        let above = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        let above: Vec<&[u8]> = above.map(|(at, _)| &path[..at]).collect();
        for directory in above {
            if !self.shown.contains(directory) {
                self.push(directory, ChangeKind::Modified)?;
            }
        }
        self.push(path, kind)
    }

    fn push(&mut self, path: &[u8], kind: ChangeKind) -> Result<(), ChangesError> {
        if self.changes.len() >= CHANGES_MAX {
            return Err(ChangesError::TooMany);
        }
        self.shown.insert(path.to_vec());
        self.changes.push(Change { path: [b"/", path].concat(), kind });
        Ok(())
    }
}

/// Tells whether what stands at a path is another thing than before. Of a directory time and size tell nothing.
fn differs(before: &Stat, now: &Stat) -> bool {
    let time = |stat: &Stat| (stat.st_mtime, stat.st_mtime_nsec);
    !has_same_rights(before, now)
        || before.st_rdev != now.st_rdev
        || (!is_directory(now) && (before.st_size != now.st_size || time(before) != time(now)))
}

/// Tells whether kind, permissions and owner are the same.
pub(super) fn has_same_rights(before: &Stat, now: &Stat) -> bool {
    let rights = |stat: &Stat| (stat.st_mode, stat.st_uid, stat.st_gid);
    rights(before) == rights(now)
}

/// Lists a directory that is open for reading.
pub(super) fn names_of(directory: OwnedFd) -> rustix::io::Result<Vec<Vec<u8>>> {
    let mut names = Vec::new();
    for entry in Dir::new(directory)? {
        let entry = entry?;
        if ![c".", c".."].contains(&entry.file_name()) {
            names.push(entry.file_name().to_bytes().to_vec());
        }
    }
    names.sort_unstable();
    Ok(names)
}
