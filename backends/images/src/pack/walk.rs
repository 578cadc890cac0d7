//! Going through a tree that changes meanwhile, in the order of names.

use rustix::{
    fd::{AsFd, BorrowedFd, OwnedFd},
    fs::{Dir, OFlags, ResolveFlags},
    io::Errno,
};

use crate::open::open_resolved;

/// Directories that stay open on the way down; those above are opened again when it is their turn.
///
/// Real trees are less deep; a container may nest directories without end.
const LEVELS_OPEN_MAX: usize = 32;

/// A walk through a tree, in the order of names, a directory before what is in it.
pub struct Walk<'r> {
    root: &'r OwnedFd,
    levels: Vec<Level>,
}

struct Level {
    /// The path from the root, with a slash at its end; empty for the root.
    path: Vec<u8>,
    /// Names that are still to come, the next one last.
    names: Vec<Vec<u8>>,
    /// The directory, unless it is above many others.
    directory: Option<OwnedFd>,
}

impl<'r> Walk<'r> {
    /// Begins at a directory.
    pub fn begin(root: &'r OwnedFd) -> rustix::io::Result<Self> {
        let mut walk = Self { root, levels: Vec::new() };
        walk.push(Vec::new())?;
        Ok(walk)
    }

    /// Gives the next entry: the directory it is in, its name there, its path from the root.
    pub fn advance(&mut self) -> Option<(BorrowedFd<'_>, Vec<u8>, Vec<u8>)> {
        while self.levels.last().is_some_and(|level| level.names.is_empty()) {
            self.levels.pop();
        }
        let level = self.levels.last_mut()?;
        if level.directory.is_none() {
            match open(self.root, &level.path) {
                Ok(directory) => level.directory = Some(directory),
                // It was moved away or replaced, and what was in it with it.
                Err(_) => level.names.clear(),
            }
        }
        if level.names.is_empty() {
            return self.advance();
        }
        let level = self.levels.last_mut()?;
        let file = level.names.pop()?;
        let path = [level.path.as_slice(), &file].concat();
        Some((level.directory.as_ref()?.as_fd(), file, path))
    }

    /// Goes into the directory `name` of the present one. One that is gone, or is none any more, is passed by.
    pub fn enter(&mut self, name: &[u8]) -> rustix::io::Result<()> {
        let above = self.levels.last().map(|level| level.path.as_slice()).unwrap_or_default();
        let path = [above, name, b"/"].concat();
        match self.push(path) {
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::XDEV) => Ok(()),
            pushed => pushed,
        }
    }

    fn push(&mut self, path: Vec<u8>) -> rustix::io::Result<()> {
        let directory = open(self.root, &path)?;
        let mut names = Vec::new();
        for entry in Dir::read_from(&directory)? {
            let entry = entry?;
            if ![c".", c".."].contains(&entry.file_name()) {
                names.push(entry.file_name().to_bytes().to_vec());
            }
        }
        names.sort_unstable_by(|a, b| b.cmp(a));
        self.levels.push(Level { path, names, directory: Some(directory) });
        if let Some(above) = self.levels.len().checked_sub(LEVELS_OPEN_MAX + 1) {
            self.levels[above].directory = None;
        }
        Ok(())
    }
}

/// Opens a directory below the root, through no link.
fn open(root: &OwnedFd, path: &[u8]) -> rustix::io::Result<OwnedFd> {
    let path = if path.is_empty() { b"." } else { path };
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    open_resolved(root, path, OFlags::RDONLY | OFlags::DIRECTORY, resolve)
}
