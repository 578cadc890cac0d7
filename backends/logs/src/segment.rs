//! The files of a log: `00000001.log`, `00000002.log` and so on, reached through the directory's descriptor.
//!
//! A log's directory may be renamed (a removed container's log is moved aside before it is deleted), so nothing
//! here uses its path after it has been opened.
//!
//! Whoever reads a segment holds a shared lock (`flock`) on it, or on the directory before it has opened one, so that
//! retention does not delete what a reader has not come to yet.

use std::{
    fs::File,
    io,
    os::fd::{AsFd, OwnedFd},
    path::Path,
};

use rustix::{
    fs::{AtFlags, Dir, FlockOperation, Mode, OFlags, flock},
    io::Errno,
};

/// Permission bits of a segment: output may hold secrets, so only the owner reads it.
const SEGMENT_MODE: Mode = Mode::RUSR.union(Mode::WUSR);

/// A log's directory.
#[derive(Debug)]
pub(crate) struct SegmentDir(OwnedFd);

impl SegmentDir {
    /// Opens the directory.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self(rustix::fs::open(path, flags, Mode::empty())?))
    }

    /// Opens segment `number` for a reader, who is in it until the file is closed; `None` when there is none.
    pub(crate) fn read_held(&self, number: u32) -> io::Result<Option<File>> {
        let file = self.read(number)?;
        if let Some(file) = &file {
            let _ = flock(file, FlockOperation::NonBlockingLockShared);
        }
        Ok(file)
    }

    /// Opens segment `number` for reading; `None` when there is none.
    pub(crate) fn read(&self, number: u32) -> io::Result<Option<File>> {
        self.open_existing(number, OFlags::RDONLY)
    }

    /// Opens segment `number` for reading and writing; `None` when there is none.
    pub(crate) fn write(&self, number: u32) -> io::Result<Option<File>> {
        self.open_existing(number, OFlags::RDWR)
    }

    /// Makes segment `number`, which must not exist.
    pub(crate) fn create(&self, number: u32) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.0, name(number), flags, SEGMENT_MODE)?.into())
    }

    /// Deletes segment `number`; one that is not there is no error.
    pub(crate) fn delete(&self, number: u32) -> io::Result<()> {
        match rustix::fs::unlinkat(&self.0, name(number), AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Gives the bytes of segment `number`; zero when there is none.
    pub(crate) fn size_bytes(&self, number: u32) -> io::Result<u64> {
        match rustix::fs::statat(&self.0, name(number), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(u64::try_from(stat.st_size).unwrap_or(0)),
            Err(Errno::NOENT) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens the directory once more, and holds the whole log by it.
    pub(crate) fn held_again(&self) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let again = Self(rustix::fs::openat(&self.0, ".", flags, Mode::empty())?);
        again.hold();
        Ok(again)
    }

    /// Says that a reader will read from a segment that it has not opened yet.
    ///
    /// A file system without locks only takes away the protection from a writer that is faster than its readers.
    pub(crate) fn hold(&self) {
        let _ = flock(&self.0, FlockOperation::NonBlockingLockShared);
    }

    /// Takes back what [`Self::hold`] said.
    pub(crate) fn let_go(&self) {
        let _ = flock(&self.0, FlockOperation::NonBlockingUnlock);
    }

    /// Tells whether some reader holds the whole log.
    pub(crate) fn is_held(&self) -> bool {
        is_held(&self.0)
    }

    /// Tells whether some reader is in segment `number`.
    pub(crate) fn is_read(&self, number: u32) -> io::Result<bool> {
        Ok(self.read(number)?.is_some_and(|file| is_held(&file)))
    }

    /// Gives the numbers of all segments in ascending order.
    pub(crate) fn numbers(&self) -> io::Result<Vec<u32>> {
        let mut numbers = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            numbers.extend(entry?.file_name().to_str().ok().and_then(number));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Makes the names of the segments durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fsync(&self.0)?)
    }

    fn open_existing(&self, number: u32, access: OFlags) -> io::Result<Option<File>> {
        let flags = access | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        match rustix::fs::openat(&self.0, name(number), flags, Mode::empty()) {
            Ok(file) => Ok(Some(file.into())),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Tells whether somebody else holds a file or a directory. The lock that this takes goes with the description, or
/// is given back here.
fn is_held(file: impl AsFd) -> bool {
    let taken = flock(&file, FlockOperation::NonBlockingLockExclusive);
    if taken.is_ok() {
        let _ = flock(&file, FlockOperation::NonBlockingUnlock);
    }
    taken == Err(Errno::WOULDBLOCK)
}

fn name(number: u32) -> String {
    format!("{number:08}.log")
}

fn number(name: &str) -> Option<u32> {
    let digits = name.strip_suffix(".log")?;
    let canonical = digits.len() >= 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if canonical { digits.parse().ok() } else { None }
}
