//! Files become a tar, as the docker daemon makes it: of a directory, of one thing, of a container's whole tree.
//!
//! The tree belongs to a container that may run, and changes while it is read. Directories are opened below the root by
//! the kernel's own rules and through no link; a file is held and looked at before it is opened for reading, so that
//! neither a link nor a device that was put in its place is read. What vanishes meanwhile is left out.
//!
//! Memory does not depend on the sizes of files, nor descriptors on the depth of the tree.

use std::{collections::HashMap, io};

use bytes::Bytes;
use rustix::{
    fd::{AsFd, BorrowedFd, OwnedFd},
    fs::{AtFlags, FileType, Stat, major, minor},
    io::Errno,
};

use crate::{
    archive::{END, Entry, Kind, head},
    limits::PATH_BYTES_MAX,
    unpack::is_whiteout,
    upper::{LeftOut, is_opaque},
};

mod content;
mod output;
mod walk;

use output::Output;
pub use walk::Walk;

/// Entries of one archive, as many as an archive may have that is taken in. Names of one directory and files of
/// several names are kept in memory, and a container may make as many as its disk has inodes.
const ENTRIES_MAX: u64 = 4_000_000;

/// The one attribute beside permissions that the docker daemon keeps: what a program may do without being root's.
const CAPABILITY_XATTR: &str = "security.capability";

/// Bytes of that attribute: its longest form has 24.
const CAPABILITY_BYTES_MAX: usize = 64;

/// Permissions of the root of a layer that says nothing of it.
const ROOT_MODE: u32 = 0o755;

/// Begins the name of an entry that deletes a file of lower layers (OCI image specification, "Whiteouts").
const WHITEOUT: &[u8] = b".wh.";

/// The name of an entry that hides all that lower layers have in its directory.
const OPAQUE: &[u8] = b".wh..wh..opq";

/// Permissions of such an entry, as the docker daemon writes them.
const WHITEOUT_MODE: u32 = 0o600;

/// What is packed. Names in the archive begin with `name`.
#[derive(Debug)]
pub enum Packing {
    /// A directory and everything in it.
    Directory {
        /// The directory.
        directory: OwnedFd,
        /// Its name; without one the directory itself gets no entry.
        name: Option<Vec<u8>>,
    },
    /// One thing that is no directory.
    Single {
        /// The directory that it is in.
        parent: OwnedFd,
        /// Its name there.
        file: Vec<u8>,
        /// Its name in the archive.
        name: Vec<u8>,
    },
}

/// Tells why an archive is not whole.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// Something could not be read.
    #[error("reading {name:?} failed: {action}")]
    Read {
        /// Its name in the archive.
        name: String,
        /// What was being done.
        action: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A file became shorter than its entry says.
    #[error("the file {name:?} was cut while it was read")]
    Shrunk {
        /// Its name in the archive.
        name: String,
    },
    /// There are too many files.
    #[error("there are more than {ENTRIES_MAX} files")]
    TooMany,
    /// Nobody takes the archive any more.
    #[error("nobody reads the archive any more")]
    Stopped,
}

/// Packs files, and hands the archive to `send` in pieces; false from it ends the work.
pub fn pack(packing: &Packing, send: impl FnMut(Bytes) -> bool) -> Result<(), PackError> {
    let mut packer = Packer::new(send, None);
    match packing {
        Packing::Directory { directory, name } => packer.directory(directory, name.as_deref())?,
        Packing::Single { parent, file, name } => packer.add(parent.as_fd(), file, name)?,
    }
    packer.out.put(&END)?;
    packer.out.finish()
}

/// Packs the upper directory of an overlay as a layer: what it says of deleted files is told as images tell it.
pub(crate) fn pack_changes(
    upper: &OwnedFd,
    left_out: &LeftOut,
    send: impl FnMut(Bytes) -> bool,
) -> Result<Packed, PackError> {
    let mut packer = Packer::new(send, Some(left_out));
    let root = rustix::fs::fstat(upper);
    let root = root.map_err(|errno| read_failed(b"/", "looking at it", errno))?;
    // A layer without an entry for its root has the usual one.
    if (root.st_mode & 0o7777, root.st_uid, root.st_gid) != (ROOT_MODE, 0, 0) {
        packer.put_head(&entry(b"./", Kind::Directory, &root))?;
    }
    packer.directory(upper, None)?;
    packer.out.put(&END)?;
    let packed = Packed { entries: packer.entries, file_bytes: packer.file_bytes };
    packer.out.finish()?;
    Ok(packed)
}

/// What was packed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Packed {
    /// Entries of the archive.
    pub(crate) entries: u64,
    /// Bytes of its files, each counted once.
    pub(crate) file_bytes: u64,
}

struct Packer<'l, S> {
    out: Output<S>,
    /// What is left out of a layer; absent where the archive is none.
    layer: Option<&'l LeftOut>,
    file_bytes: u64,
    /// Files with several names that were met, by device and number, with the name that they have in the archive.
    links: HashMap<(u64, u64), Vec<u8>>,
    entries: u64,
}

impl<'l, S: FnMut(Bytes) -> bool> Packer<'l, S> {
    fn new(send: S, layer: Option<&'l LeftOut>) -> Self {
        let (out, links) = (Output::new(send), HashMap::new());
        Self { out, layer, file_bytes: 0, links, entries: 0 }
    }

    fn directory(&mut self, directory: &OwnedFd, name: Option<&[u8]>) -> Result<(), PackError> {
        let mut prefix = name.unwrap_or_default().to_vec();
        if name.is_some() {
            if !prefix.ends_with(b"/") {
                prefix.push(b'/');
            }
            let stat = rustix::fs::fstat(directory);
            let stat = stat.map_err(|errno| read_failed(&prefix, "looking at it", errno))?;
            self.put_head(&entry(&prefix, Kind::Directory, &stat))?;
        }
        let mut walk = Walk::begin(directory)
            .map_err(|errno| read_failed(&prefix, "reading the directory", errno))?;
        while let Some((parent, file, path)) = walk.advance() {
            let name = [prefix.as_slice(), &path].concat();
            // What reads it back takes no longer ones, and the docker daemon leaves them out too.
            let left_out = self.layer.is_some_and(|left_out| left_out.has(&path));
            if name.len() >= PATH_BYTES_MAX || left_out {
                continue;
            }
            if self.add_or_enter(parent, &file, name)? {
                let entered = walk.enter(&file);
                entered.map_err(|errno| read_failed(&path, "reading the directory", errno))?;
            }
        }
        Ok(())
    }

    /// Adds what `file` of `parent` is; true for a directory, whose content is to follow.
    fn add_or_enter(
        &mut self,
        parent: BorrowedFd<'_>,
        file: &[u8],
        mut name: Vec<u8>,
    ) -> Result<bool, PackError> {
        let stat = match rustix::fs::statat(parent, file, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => return Ok(false),
            stat => stat.map_err(|errno| read_failed(&name, "looking at it", errno))?,
        };
        if self.layer.is_some() && is_whiteout(&stat) {
            let above = &name[..name.len() - file.len()];
            self.put_whiteout(&[above, WHITEOUT, file].concat())?;
            return Ok(false);
        }
        if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
            self.add_with(parent, file, &name, &stat)?;
            return Ok(false);
        }
        name.push(b'/');
        self.put_head(&entry(&name, Kind::Directory, &stat))?;
        if self.layer.is_some() && is_opaque(parent, file).unwrap_or_default() {
            self.put_whiteout(&[name.as_slice(), OPAQUE].concat())?;
        }
        Ok(true)
    }

    /// Says that something of lower layers is not there any more.
    fn put_whiteout(&mut self, name: &[u8]) -> Result<(), PackError> {
        self.put_head(&Entry {
            kind: Kind::File,
            name: name.to_vec(),
            link: Vec::new(),
            mode: WHITEOUT_MODE,
            uid: 0,
            gid: 0,
            mtime: (0, 0),
            device: (0, 0),
            xattrs: Vec::new(),
            size_bytes: 0,
            stored_bytes: 0,
            pieces: None,
        })
    }

    fn add(&mut self, parent: BorrowedFd<'_>, file: &[u8], name: &[u8]) -> Result<(), PackError> {
        let stat = rustix::fs::statat(parent, file, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|errno| read_failed(name, "looking at it", errno))?;
        self.add_with(parent, file, name, &stat)
    }

    fn add_with(
        &mut self,
        parent: BorrowedFd<'_>,
        file: &[u8],
        name: &[u8],
        stat: &Stat,
    ) -> Result<(), PackError> {
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => return self.add_file(parent, file, name),
            FileType::Symlink => Kind::Symlink,
            FileType::CharacterDevice => Kind::CharDevice,
            FileType::BlockDevice => Kind::BlockDevice,
            FileType::Fifo => Kind::Fifo,
            // A socket is nothing without the program that listens.
            FileType::Directory | FileType::Socket | FileType::Unknown => return Ok(()),
        };
        let mut entry = entry(name, kind, stat);
        if kind == Kind::Symlink {
            match rustix::fs::readlinkat(parent, file, Vec::new()) {
                // It is a link no more.
                Err(Errno::NOENT | Errno::INVAL) => return Ok(()),
                link => {
                    let link =
                        link.map_err(|errno| read_failed(name, "reading the link", errno))?;
                    entry.link = link.into_bytes();
                }
            }
        }
        self.put_head(&entry)
    }

    fn add_file(
        &mut self,
        parent: BorrowedFd<'_>,
        file: &[u8],
        name: &[u8],
    ) -> Result<(), PackError> {
        let opened = content::open(parent, file);
        let opened = opened.map_err(|errno| read_failed(name, "opening it", errno))?;
        // It has vanished, or something else is there that was not when it was looked at.
        let Some((opened, stat)) = opened else { return Ok(()) };
        let mut entry = entry(name, Kind::File, &stat);
        if stat.st_nlink > 1 {
            match self.links.get(&(stat.st_dev, stat.st_ino)) {
                Some(first) => {
                    entry.kind = Kind::HardLink;
                    entry.link.clone_from(first);
                    return self.put_head(&entry);
                }
                None => drop(self.links.insert((stat.st_dev, stat.st_ino), name.to_vec())),
            }
        }
        entry.xattrs = capability(&opened);
        entry.size_bytes = stat.st_size.unsigned_abs();
        self.file_bytes += entry.size_bytes;
        self.put_head(&entry)?;
        content::copy(&opened, &stat, name, &mut self.out)
    }

    fn put_head(&mut self, entry: &Entry) -> Result<(), PackError> {
        self.entries += 1;
        if self.entries > ENTRIES_MAX {
            return Err(PackError::TooMany);
        }
        self.out.with_buffer(|buffer| head(entry, buffer))
    }
}

fn entry(name: &[u8], kind: Kind, stat: &Stat) -> Entry {
    Entry {
        kind,
        name: name.to_vec(),
        link: Vec::new(),
        mode: stat.st_mode & 0o7777,
        uid: stat.st_uid,
        gid: stat.st_gid,
        mtime: (stat.st_mtime, 0),
        device: (major(stat.st_rdev), minor(stat.st_rdev)),
        xattrs: Vec::new(),
        size_bytes: 0,
        stored_bytes: 0,
        pieces: None,
    }
}

fn capability(file: &OwnedFd) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut value = [0; CAPABILITY_BYTES_MAX];
    match rustix::fs::fgetxattr(file, CAPABILITY_XATTR, &mut value) {
        Ok(len) if len > 0 => vec![(CAPABILITY_XATTR.into(), value[..len].to_vec())],
        Ok(_) | Err(_) => Vec::new(),
    }
}

fn read_failed(name: &[u8], action: &'static str, errno: Errno) -> PackError {
    PackError::Read { name: shown(name), action, source: errno.into() }
}

fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).chars().take(200).collect()
}

#[cfg(test)]
mod tests;
