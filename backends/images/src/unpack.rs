//! A tar becomes files: a layer's a tree for overlayfs, a client's files of a container.
//!
//! The archive is not trusted. Every name is opened below the root of the tree by the kernel's own rules
//! (`openat2`, `RESOLVE_BENEATH`), last parts are never followed, and names that are absolute, that have `..` or a
//! zero byte are refused, although they could be bent into the tree: no tool that makes layers writes them.
//! Neither is the tree, where it is a container's: whatever is changed is reached by a descriptor, so a program that
//! puts a link in the place of a file that was just made finds nothing done to what the link leads to.
//!
//! What a layer says of deleted files (`.wh.name`, `.wh..wh..opq`) is written the way overlayfs reads it: a
//! character device 0/0, and the attribute `trusted.overlay.opaque`. Both need root, as owners and devices do; in a user
//! namespace the attribute is `user.overlay.opaque`, and devices are left out. In a container's tree these are names like
//! any other.

use std::io::{self, BufRead};

use rustix::fd::OwnedFd;

use crate::{
    archive::{ArchiveError, ArchiveReader, Entry, Kind},
    fault::Fault,
    limits::{LayerLimits, LimitError},
};

mod attributes;
mod content;
mod name;
mod rules;
mod tree;
mod whiteout;

pub(crate) use rules::Rules;

pub(crate) use attributes::proc_name;
pub(crate) use name::Name;
use tree::Tree;
pub(crate) use whiteout::is_whiteout;

/// What became of a tar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unpacked {
    /// Bytes of the regular files of the tree, each counted once.
    pub(crate) file_bytes: u64,
    /// Entries of the archive.
    pub(crate) entries: u64,
}

/// Tells why an archive could not be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// The stream is not an archive that can be used.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The stream could not be read to its end.
    #[error("reading the archive failed")]
    Stream(#[from] io::Error),
    /// The archive is larger than is allowed.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// An entry is refused.
    #[error("the entry {name:?} is refused: {what}")]
    Refused {
        /// The name of the entry.
        name: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A directory and something else would take each other's place, which the client does not want.
    #[error("cannot overwrite {} {name:?} with {}", named(!*directory), named(*directory))]
    Overwrite {
        /// The name of the entry.
        name: String,
        /// Whether the entry is the directory.
        directory: bool,
    },
    /// An entry could not be written.
    #[error("writing the entry {name:?} failed: {action}")]
    Write {
        /// The name of the entry.
        name: String,
        /// What was being done.
        action: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl UnpackError {
    /// Tells whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Archive(ArchiveError::Read { source, .. }) | Self::Stream(source) => {
                Fault::of(source)
            }
            Self::Archive(ArchiveError::Truncated { .. } | ArchiveError::Header { .. })
            | Self::Limit(_)
            | Self::Refused { .. }
            | Self::Overwrite { .. } => Fault::Content,
            Self::Write { .. } => Fault::Store,
        }
    }
}

/// Unpacks the archive in `input` into the directory `root`.
pub(crate) fn unpack(
    input: &mut dyn BufRead,
    root: OwnedFd,
    rules: Rules,
    limits: &LayerLimits,
) -> Result<Unpacked, UnpackError> {
    let mut archive = ArchiveReader::new(input);
    let mut tree = Tree::new(root, rules);
    let mut entries = 0;
    let mut declared_bytes = 0_u64;
    while let Some(mut entry) = archive.next_entry()? {
        entries += 1;
        declared_bytes = declared_bytes.saturating_add(entry.size_bytes);
        limits.check_tree(entries, declared_bytes)?;
        if let Some((uid, gid)) = rules.owner {
            (entry.uid, entry.gid) = (uid, gid);
        }
        if let Some(mode) = rules.mode {
            entry.mode = mode;
        }
        let name = Name::parse(&entry.name).map_err(|what| refused(&entry, what))?;
        put(&mut tree, &name, &entry, &mut archive)
            .map_err(|problem| problem.into_error(&entry))?;
    }
    let file_bytes = tree.file_bytes();
    tree.finish().map_err(|source| UnpackError::Write {
        name: String::new(),
        action: "setting the times of directories",
        source,
    })?;
    Ok(Unpacked { file_bytes, entries })
}

/// Puts one entry into the tree.
fn put(
    tree: &mut Tree,
    name: &Name<'_>,
    entry: &Entry,
    archive: &mut ArchiveReader<&mut dyn BufRead>,
) -> Result<(), Problem> {
    let Some(last) = name.last() else {
        return match entry.kind {
            // The directory that a client copies into stays as it is.
            Kind::Directory if !tree.rules().is_layer => Ok(()),
            Kind::Directory => attributes::set_root(tree, entry),
            Kind::File
            | Kind::HardLink
            | Kind::Symlink
            | Kind::CharDevice
            | Kind::BlockDevice
            | Kind::Fifo => Err(Problem::Refused("the root is not a directory")),
        };
    };
    if tree.rules().is_layer
        && let Some(whiteout) = whiteout::Whiteout::of(last)
    {
        return whiteout::put(tree, name, whiteout);
    }
    match entry.kind {
        Kind::Directory => tree.directory(name, entry),
        Kind::File => {
            let file = tree.create_file(name)?;
            content::write(&file, entry, archive)?;
            tree.add_file_bytes(entry.size_bytes);
            attributes::set_open(&file, entry)
        }
        Kind::HardLink => {
            let target = Name::parse(&entry.link).map_err(Problem::Refused)?;
            tree.hard_link(name, &target)
        }
        Kind::Symlink => tree.symlink(name, entry),
        Kind::CharDevice | Kind::BlockDevice | Kind::Fifo => tree.node(name, entry),
    }
}

/// What went wrong with an entry.
#[derive(Debug)]
enum Problem {
    /// It is refused.
    Refused(&'static str),
    /// It would replace what is of another kind; it is the directory of the two, or the other.
    Overwrite { directory: bool },
    /// The archive broke off inside of it.
    Archive(ArchiveError),
    /// The system refused to write it.
    Write(&'static str, io::Error),
}

impl Problem {
    fn into_error(self, entry: &Entry) -> UnpackError {
        match self {
            Self::Refused(what) => refused(entry, what),
            Self::Overwrite { directory } => {
                UnpackError::Overwrite { name: shown(&entry.name), directory }
            }
            Self::Archive(error) => UnpackError::Archive(error),
            Self::Write(action, source) => {
                UnpackError::Write { name: shown(&entry.name), action, source }
            }
        }
    }

    /// Makes a problem of what a call on a path said: some of it is the archive's fault.
    fn of_path(action: &'static str) -> impl Fn(rustix::io::Errno) -> Self {
        use rustix::io::Errno;
        move |errno| match errno {
            Errno::XDEV | Errno::LOOP => Self::Refused("it leads out of the directory"),
            Errno::NOTDIR => Self::Refused("a part of its path is not a directory"),
            Errno::NAMETOOLONG => Self::Refused("its name is too long"),
            errno => Self::Write(action, errno.into()),
        }
    }
}

impl From<ArchiveError> for Problem {
    fn from(error: ArchiveError) -> Self {
        Self::Archive(error)
    }
}

fn refused(entry: &Entry, what: &'static str) -> UnpackError {
    UnpackError::Refused { name: shown(&entry.name), what }
}

/// Names a kind as the docker daemon does.
const fn named(directory: bool) -> &'static str {
    if directory { "directory" } else { "non-directory" }
}

/// Shows the name of an entry in an error.
fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).chars().take(200).collect()
}

#[cfg(test)]
mod tests;
