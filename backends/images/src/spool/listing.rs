//! What is in an archive, as its unpacking would leave it: directories, files and symbolic links.
//!
//! Anything that depends on how the tree is by then is not listed: names that come twice, links of files to each other, devices,
//! attributes, paths through links. Whoever asks of such an archive has it unpacked.

use std::collections::BTreeMap;

use crate::{
    archive::{Entry, Kind},
    unpack::Name,
};

/// Entries of a list: some tens of megabytes at most, whoever sent the archive. One that has more is unpacked.
const ENTRIES_MAX: usize = 200_000;

/// Directories in each other.
const LEVELS_MAX: usize = 128;

/// Bytes of one name: what file systems take.
const NAME_BYTES_MAX: usize = 255;

/// Permissions of a directory that the archive has no entry for.
const IMPLIED_MODE: u32 = 0o755;

/// Has what is made in a directory belong to that directory's group, and directories in it do the same.
const SET_GROUP: u32 = 0o2000;

/// The files of a directory by name, in the order of names.
type Files = BTreeMap<Vec<u8>, Listed>;

/// One file of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its permissions, with set-id and sticky bits; a link has none of its own.
    pub mode: u32,
    /// What it is.
    pub kind: ListedKind,
}

/// What a file of an archive is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListedKind {
    /// A directory with what is in it.
    Directory(BTreeMap<Vec<u8>, Listed>),
    /// A file, whose bytes are at a place of the archive.
    File {
        /// Where they begin.
        offset: u64,
        /// How many there are.
        len: u64,
    },
    /// A symbolic link to a path.
    Symlink(Vec<u8>),
}

/// Lists entries as they come.
#[derive(Default)]
pub(super) struct Lister {
    root: Files,
    entries: usize,
}

impl Lister {
    /// Lists an entry whose bytes are at `offset`; `None` where that cannot be.
    pub(super) fn put(&mut self, entry: Entry, offset: u64) -> Option<()> {
        if !entry.xattrs.is_empty() || entry.pieces.is_some() {
            return None;
        }
        let name = Name::parse(&entry.name).ok()?;
        let (last, parents) = match name.parts().split_last() {
            Some((last, parents)) => (*last, parents),
            // The directory that is unpacked into stays as it is.
            None => return (entry.kind == Kind::Directory).then_some(()),
        };
        let is_short = |part: &&[u8]| part.len() <= NAME_BYTES_MAX;
        if parents.len() >= LEVELS_MAX || !name.parts().iter().all(is_short) {
            return None;
        }
        let (directory, new) = open(&mut self.root, parents)?;
        let kind = match entry.kind {
            Kind::Directory => {
                if let Some(there) = directory.get_mut(last) {
                    there.mode = entry.mode;
                    return matches!(there.kind, ListedKind::Directory(_)).then_some(());
                }
                ListedKind::Directory(Files::new())
            }
            Kind::File => ListedKind::File { offset, len: entry.size_bytes },
            Kind::Symlink if entry.link.is_empty() => return None,
            Kind::Symlink => ListedKind::Symlink(entry.link),
            Kind::HardLink | Kind::CharDevice | Kind::BlockDevice | Kind::Fifo => return None,
        };
        let twice = directory.insert(last.to_vec(), Listed { mode: entry.mode, kind });
        self.entries += 1 + new;
        (twice.is_none() && self.entries <= ENTRIES_MAX).then_some(())
    }

    /// Gives the directory that everything is in.
    pub(super) fn into_root(self) -> Listed {
        Listed { mode: IMPLIED_MODE, kind: ListedKind::Directory(self.root) }
    }
}

/// Finds a directory, and makes those of the way that are missing; tells how many they are.
fn open<'l>(root: &'l mut Files, path: &[&[u8]]) -> Option<(&'l mut Files, usize)> {
    let (mut directory, mut mode, mut new) = (root, 0, 0);
    for part in path {
        let listed = match directory.contains_key(*part) {
            true => directory.get_mut(*part)?,
            // It would get more from the directory that it is made in than is said here.
            false if mode & SET_GROUP != 0 => return None,
            false => {
                new += 1;
                let kind = ListedKind::Directory(Files::new());
                directory.entry(part.to_vec()).or_insert(Listed { mode: IMPLIED_MODE, kind })
            }
        };
        mode = listed.mode;
        directory = match &mut listed.kind {
            ListedKind::Directory(inner) => inner,
            ListedKind::File { .. } | ListedKind::Symlink(_) => return None,
        };
    }
    Some((directory, new))
}
