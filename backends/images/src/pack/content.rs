//! The bytes of a file.

use bytes::Bytes;
use rustix::{
    buffer::spare_capacity,
    fd::{BorrowedFd, OwnedFd},
    fs::{FileType, Mode, OFlags, SeekFrom, Stat},
    io::Errno,
};

use super::{
    PackError,
    output::{Output, PIECE_BYTES},
    read_failed, shown,
};
use crate::{archive::pad, unpack::proc_name};

/// What a hole is made of in an archive; nothing is read for it.
static ZEROS: [u8; PIECE_BYTES] = [0; PIECE_BYTES];

/// Bytes of a file from where on its holes are looked for; smaller ones are read at once.
const SPARSE_BYTES_MIN: u64 = 1024 * 1024;

/// Bytes of a block of `st_blocks`, whatever the file system's own are.
const BLOCK_BYTES: u64 = 512;

/// Opens `file` of `parent` for reading; `None` where it is gone, or is no regular file any more.
///
/// To open a device or a pipe does something, so it is held and looked at first.
pub(super) fn open(
    parent: BorrowedFd<'_>,
    file: &[u8],
) -> rustix::io::Result<Option<(OwnedFd, Stat)>> {
    let held = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let held = match rustix::fs::openat(parent, file, held, Mode::empty()) {
        Err(Errno::NOENT) => return Ok(None),
        held => held?,
    };
    let stat = rustix::fs::fstat(&held)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Ok(None);
    }
    let opened =
        rustix::fs::open(proc_name(&held), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    Ok(Some((opened, stat)))
}

/// Copies as many bytes of `file` as `stat` says, and pads them.
pub(super) fn copy<S: FnMut(Bytes) -> bool>(
    file: &OwnedFd,
    stat: &Stat,
    name: &[u8],
    out: &mut Output<S>,
) -> Result<(), PackError> {
    let size = stat.st_size.unsigned_abs();
    let stored = u64::try_from(stat.st_blocks).unwrap_or_default().saturating_mul(BLOCK_BYTES);
    let mut at = 0;
    if size >= SPARSE_BYTES_MIN && stored < size {
        while at < size {
            let Some((begin, end)) = next_data(file, at, size) else { break };
            put_zeros(begin - at, out)?;
            at = begin;
            seek(file, begin).map_err(|errno| read_failed(name, "finding its bytes", errno))?;
            put_data(file, end - at, name, out)?;
            at = end;
        }
        // Behind the last data is a hole; the file may have been cut, which readers of zeros cannot tell either.
        put_zeros(size - at, out)?;
    } else {
        put_data(file, size, name, out)?;
    }
    out.with_buffer(|buffer| pad(size, buffer))
}

/// Finds the next part of a file that is no hole, from `at` on; `None` where there is no more.
fn next_data(file: &OwnedFd, at: u64, size: u64) -> Option<(u64, u64)> {
    let begin = match rustix::fs::seek(file, SeekFrom::Data(at)) {
        Ok(begin) => begin,
        Err(Errno::NXIO) => return None,
        // A file system that knows no holes.
        Err(_) => return Some((at, size)),
    };
    let end = rustix::fs::seek(file, SeekFrom::Hole(begin)).unwrap_or(size).min(size);
    (begin < end).then_some((begin, end))
}

fn seek(file: &OwnedFd, at: u64) -> rustix::io::Result<u64> {
    rustix::fs::seek(file, SeekFrom::Start(at))
}

fn put_zeros<S: FnMut(Bytes) -> bool>(mut len: u64, out: &mut Output<S>) -> Result<(), PackError> {
    while len > 0 {
        let piece = usize::try_from(len).map_or(PIECE_BYTES, |len| len.min(PIECE_BYTES));
        out.put_whole(Bytes::from_static(&ZEROS[..piece]))?;
        len -= piece as u64;
    }
    Ok(())
}

fn put_data<S: FnMut(Bytes) -> bool>(
    file: &OwnedFd,
    mut len: u64,
    name: &[u8],
    out: &mut Output<S>,
) -> Result<(), PackError> {
    while len > 0 {
        let buffer = out.room()?;
        let before = buffer.len();
        let read = match rustix::io::read(file, spare_capacity(buffer)) {
            Err(Errno::INTR) => continue,
            read => read.map_err(|errno| read_failed(name, "reading its bytes", errno))?,
        };
        if read == 0 {
            return Err(PackError::Shrunk { name: shown(name) });
        }
        // It may have grown since it was looked at; the entry has its size already.
        let wanted = usize::try_from(len).map_or(read, |len| len.min(read));
        buffer.truncate(before + wanted);
        len -= wanted as u64;
    }
    Ok(())
}
