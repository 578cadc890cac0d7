//! What a step copies, summed up: names, kinds, permissions, owners and bytes, not times. Equal sums are equal layers.

use std::{
    fs::File,
    io::Read as _,
    os::fd::{AsFd, BorrowedFd},
};

use backends_images::{Walk, open_in_root};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, fstat, openat, readlinkat, statat};
use sha2::{Digest as _, Sha256};

use super::find::dot;
use crate::BuildError;

/// Bytes read at once.
const BUFFER_BYTES: usize = 128 * 1024;

/// The sum of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sum {
    /// Whether the source is a directory.
    pub(crate) is_directory: bool,
    /// The sum, in hexadecimal digits.
    pub(crate) hex: String,
}

/// Sums up a source of a tree. A link at its end is followed, as it is when it is copied.
pub(crate) fn sum(root: BorrowedFd<'_>, path: &str) -> Result<Sum, BuildError> {
    let failed = BuildError::files("reading a source");
    let held = open_in_root(root, dot(path).as_bytes(), OFlags::PATH).map_err(&failed)?;
    let stat = fstat(&held).map_err(&failed)?;
    let mut summer = Summer { hash: Sha256::new(), buffer: vec![0; BUFFER_BYTES] };
    let is_directory = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
    if is_directory {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let directory = open_in_root(root, dot(path).as_bytes(), flags).map_err(&failed)?;
        let mut walk = Walk::begin(&directory).map_err(&failed)?;
        while let Some((parent, file, name)) = walk.advance() {
            let stat = statat(parent, &file, AtFlags::SYMLINK_NOFOLLOW).map_err(&failed)?;
            summer.entry(parent, &file, &name, &stat)?;
            if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
                walk.enter(&file).map_err(&failed)?;
            }
        }
    } else {
        summer.head(path.rsplit('/').next().unwrap_or_default().as_bytes(), &stat);
        if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
            let flags = OFlags::RDONLY | OFlags::NONBLOCK;
            let file = open_in_root(root, path.as_bytes(), flags).map_err(&failed)?;
            summer.bytes(file.into())?;
        }
    }
    Ok(Sum { is_directory, hex: hex::encode(summer.hash.finalize()) })
}

struct Summer {
    hash: Sha256,
    buffer: Vec<u8>,
}

impl Summer {
    fn entry(
        &mut self,
        parent: impl AsFd,
        file: &[u8],
        name: &[u8],
        stat: &Stat,
    ) -> Result<(), BuildError> {
        let failed = BuildError::files("reading a source");
        self.head(name, stat);
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {
                let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
                let file = openat(parent, file, flags, Mode::empty()).map_err(failed)?;
                self.bytes(file.into())
            }
            FileType::Symlink => {
                let link = readlinkat(parent, file, Vec::new()).map_err(failed)?;
                self.text(link.as_bytes());
                Ok(())
            }
            FileType::Directory
            | FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => Ok(()),
        }
    }

    fn head(&mut self, name: &[u8], stat: &Stat) {
        self.text(name);
        for number in [stat.st_mode, stat.st_uid, stat.st_gid] {
            self.hash.update(number.to_le_bytes());
        }
        let is_directory = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
        let size = if is_directory { 0 } else { stat.st_size };
        self.hash.update(size.to_le_bytes());
        self.hash.update(stat.st_rdev.to_le_bytes());
    }

    /// Takes a text with its length, so that what follows cannot be taken for a part of it.
    fn text(&mut self, text: &[u8]) {
        self.hash.update((text.len() as u64).to_le_bytes());
        self.hash.update(text);
    }

    fn bytes(&mut self, mut file: File) -> Result<(), BuildError> {
        loop {
            let read = file.read(&mut self.buffer);
            match read.map_err(|error| BuildError::step(format!("reading a source: {error}")))? {
                0 => return Ok(()),
                read => self.hash.update(&self.buffer[..read]),
            }
        }
    }
}
