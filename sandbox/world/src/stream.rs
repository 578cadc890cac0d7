//! What a descriptor of a process stands for.

use std::io::{self, SeekFrom};
use std::os::fd::BorrowedFd;

use rustix::io::Errno;

use crate::files::{Metadata, OwnerChange, TimesChange};
use crate::interrupt::Interrupt;

/// An open file, pipe, terminal or device.
///
/// - Reads and writes block until some bytes moved; they answer `EINTR` once `interrupt` is raised.
/// - A read of 0 bytes is the end. A write whose reader has gone is `EPIPE`.
/// - All share one position, as duplicated descriptors do. Dropping the last reference closes it.
/// - Errors carry the raw OS error, for tools print its text.
pub trait Stream: Send + Sync {
    /// Reads up to `buffer.len()` bytes.
    fn read(&self, buffer: &mut [u8], interrupt: &Interrupt) -> io::Result<usize>;

    /// Writes some of `bytes`.
    fn write(&self, bytes: &[u8], interrupt: &Interrupt) -> io::Result<usize>;

    /// What `fstat` says.
    fn metadata(&self) -> io::Result<Metadata>;

    /// Moves the position.
    fn seek(&self, _to: SeekFrom) -> io::Result<u64> {
        Err(Errno::SPIPE.into())
    }

    /// Cuts or lengthens the file.
    fn set_len(&self, _size_bytes: u64) -> io::Result<()> {
        Err(Errno::INVAL.into())
    }

    /// Sets permissions, as `fchmod`.
    fn set_mode(&self, _mode: u32) -> io::Result<()> {
        Err(Errno::INVAL.into())
    }

    /// Sets owner and group, as `fchown`.
    fn set_owner(&self, _owner: OwnerChange) -> io::Result<()> {
        Err(Errno::INVAL.into())
    }

    /// Sets the times, as `futimens`.
    fn set_times(&self, _times: TimesChange) -> io::Result<()> {
        Err(Errno::INVAL.into())
    }

    /// Waits until what was written is on the disk.
    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    /// True for a terminal.
    fn is_terminal(&self) -> bool {
        false
    }

    /// The descriptor of the host behind it, where there is one.
    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        None
    }
}

/// Writes all of `bytes`.
pub fn write_all(stream: &dyn Stream, mut bytes: &[u8], interrupt: &Interrupt) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = stream.write(bytes, interrupt)?;
        if written == 0 {
            return Err(Errno::IO.into());
        }
        bytes = &bytes[written..];
    }
    Ok(())
}
