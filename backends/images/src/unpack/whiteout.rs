//! Deleted files of lower layers (OCI image specification, "Whiteouts"), as overlayfs wants them.

use rustix::{
    fd::AsFd,
    fs::{AtFlags, FileType, Mode, XattrFlags},
    io::Errno,
};

use super::{Problem, name::Name, tree::Tree};
use crate::notes;

/// What an entry says of lower layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whiteout<'n> {
    /// The name of this directory does not exist.
    Name(&'n [u8]),
    /// Nothing of this directory exists but what the layer itself has.
    Opaque,
    /// Bookkeeping of AUFS, of no meaning.
    Nothing,
}

impl<'n> Whiteout<'n> {
    /// Reads the last part of an entry's name.
    pub(super) fn of(last: &'n [u8]) -> Option<Self> {
        let name = last.strip_prefix(b".wh.")?;
        Some(match name {
            b".wh..opq" => Self::Opaque,
            _ if name.starts_with(b".wh.") => Self::Nothing,
            _ => Self::Name(name),
        })
    }
}

/// Writes a whiteout.
pub(super) fn put(tree: &mut Tree, at: &Name<'_>, whiteout: Whiteout<'_>) -> Result<(), Problem> {
    match whiteout {
        Whiteout::Nothing => Ok(()),
        Whiteout::Opaque => {
            let parent = tree.open_parent(at)?;
            make_opaque(parent)
        }
        Whiteout::Name(b"" | b"." | b"..") => Err(Problem::Refused("it deletes nothing")),
        Whiteout::Name(name) => {
            let parent = tree.open_parent(at)?;
            hide(parent, name)
        }
    }
}

/// Says that nothing of lower layers shows in `directory`.
pub(super) fn make_opaque(directory: impl AsFd) -> Result<(), Problem> {
    rustix::fs::fsetxattr(directory, notes::opaque(), b"y", XattrFlags::empty())
        .map_err(|errno| Problem::Write("making a directory opaque", errno.into()))
}

/// Tells whether `name` of `directory` stands for a deleted file.
pub(crate) fn is_whiteout(stat: &rustix::fs::Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice && stat.st_rdev == 0
}

/// Deletes `name` of lower layers. What the layer itself has under that name stays, whichever came first.
fn hide(parent: impl AsFd, name: &[u8]) -> Result<(), Problem> {
    let parent = parent.as_fd();
    let failed = Problem::of_path("making a whiteout");
    match rustix::fs::mknodat(parent, name, FileType::CharacterDevice, Mode::empty(), 0) {
        Ok(()) => Ok(()),
        Err(Errno::EXIST) => {
            let stat = rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW);
            let stat = stat.map_err(&failed)?;
            if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
                let directory = super::tree::open_directory(parent, name).map_err(&failed)?;
                make_opaque(directory)?;
            }
            Ok(())
        }
        Err(errno) => Err(failed(errno)),
    }
}
