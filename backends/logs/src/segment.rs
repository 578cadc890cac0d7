//! The files of a log: `00000001.log`, `00000002.log` and so on, reached through the directory's descriptor.
//!
//! A log's directory may be renamed (a removed container's log is moved aside before it is deleted), so nothing
//! here uses its path after it has been opened.

use std::{fs::File, io, os::fd::OwnedFd, path::Path};

use rustix::fs::{AtFlags, Dir, Mode, OFlags};

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
            Ok(()) | Err(rustix::io::Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
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
            Err(rustix::io::Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn name(number: u32) -> String {
    format!("{number:08}.log")
}

fn number(name: &str) -> Option<u32> {
    let digits = name.strip_suffix(".log")?;
    let canonical = digits.len() >= 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if canonical { digits.parse().ok() } else { None }
}
