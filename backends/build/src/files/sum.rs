//! What a step copies, summed up: names, kinds, permissions, owners and bytes, not times. Equal sums are equal layers.

use std::{
    collections::BTreeMap,
    fs::File,
    io::Read as _,
    os::fd::{AsFd, BorrowedFd},
};

use backends_images::{Listed, ListedKind, Spool, Walk, open_in_root};
use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, Stat, fstat, openat, readlinkat, statat},
    io::Errno,
};
use sha2::{Digest as _, Sha256};

use super::{
    find::dot,
    listed::{self, Unsure},
};
use crate::BuildError;

/// Permissions that the system gives every link.
const LINK_MODE: u32 = 0o777;

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
    let mut summer = Summer::default();
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
        summer.head(path.rsplit('/').next().unwrap_or_default().as_bytes(), &Head::of(&stat));
        if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
            let flags = OFlags::RDONLY | OFlags::NONBLOCK;
            let file = open_in_root(root, path.as_bytes(), flags).map_err(&failed)?;
            summer.bytes(file.into())?;
        }
    }
    Ok(summer.finish(is_directory))
}

/// Sums up a source of an archive, to the same sum.
pub(crate) fn sum_listed(listing: &Listed, spool: &Spool, path: &str) -> Result<Sum, Unsure> {
    let mut summer = Summer::default();
    let Some(file) = listed::look(listing, path)? else {
        return Err(BuildError::files("reading a source")(Errno::NOENT).into());
    };
    match &file.kind {
        ListedKind::Directory(files) => summer.directory(files, &mut Vec::new(), spool)?,
        ListedKind::File { .. } => {
            let name = path.rsplit('/').next().unwrap_or_default();
            summer.listed(name.as_bytes(), file, spool)?;
        }
        ListedKind::Symlink(_) => return Err(Unsure::Link),
    }
    Ok(summer.finish(matches!(file.kind, ListedKind::Directory(_))))
}

/// What is summed up of a file beside its name and its bytes.
struct Head {
    mode: u32,
    owner: u32,
    group: u32,
    size: i64,
    device: u64,
}

impl Head {
    fn of(stat: &Stat) -> Self {
        let is_directory = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
        Self {
            mode: stat.st_mode,
            owner: stat.st_uid,
            group: stat.st_gid,
            size: if is_directory { 0 } else { stat.st_size },
            device: stat.st_rdev,
        }
    }

    /// Gives what a file of an archive has when it is unpacked: it belongs to root.
    fn of_listed(file: &Listed) -> Self {
        let (kind, mode, size) = match &file.kind {
            ListedKind::Directory(_) => (FileType::Directory, file.mode, 0),
            ListedKind::File { len, .. } => (FileType::RegularFile, file.mode, *len),
            ListedKind::Symlink(to) => (FileType::Symlink, LINK_MODE, to.len() as u64),
        };
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        Self { mode: kind.as_raw_mode() | mode, owner: 0, group: 0, size, device: 0 }
    }
}

struct Summer {
    hash: Sha256,
    buffer: Vec<u8>,
}

impl Default for Summer {
    fn default() -> Self {
        Self { hash: Sha256::new(), buffer: vec![0; BUFFER_BYTES] }
    }
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
        self.head(name, &Head::of(stat));
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

    /// Takes what is in a directory of an archive, in the order in which its files are walked.
    fn directory(
        &mut self,
        files: &BTreeMap<Vec<u8>, Listed>,
        path: &mut Vec<u8>,
        spool: &Spool,
    ) -> Result<(), BuildError> {
        let above = path.len();
        for (name, file) in files {
            path.extend_from_slice(name);
            self.listed(path, file, spool)?;
            if let ListedKind::Directory(inner) = &file.kind {
                path.push(b'/');
                self.directory(inner, path, spool)?;
            }
            path.truncate(above);
        }
        Ok(())
    }

    fn listed(&mut self, name: &[u8], file: &Listed, spool: &Spool) -> Result<(), BuildError> {
        self.head(name, &Head::of_listed(file));
        match &file.kind {
            ListedKind::Directory(_) => {}
            ListedKind::Symlink(to) => self.text(to),
            ListedKind::File { offset, len } => {
                let read = spool.read(*offset, *len, |piece| self.hash.update(piece));
                read.map_err(|error| BuildError::step(format!("reading a source: {error}")))?;
            }
        }
        Ok(())
    }

    fn finish(self, is_directory: bool) -> Sum {
        Sum { is_directory, hex: hex::encode(self.hash.finalize()) }
    }

    fn head(&mut self, name: &[u8], head: &Head) {
        self.text(name);
        for number in [head.mode, head.owner, head.group] {
            self.hash.update(number.to_le_bytes());
        }
        self.hash.update(head.size.to_le_bytes());
        self.hash.update(head.device.to_le_bytes());
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
