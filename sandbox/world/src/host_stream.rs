//! A stream over a descriptor of the host.

use std::io::{self, SeekFrom};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{FileType, Mode, Timespec, Timestamps, UTIME_OMIT};
use rustix::io::Errno;

use crate::files::{FileKind, Metadata, OwnerChange, Time, TimesChange};
use crate::interrupt::Interrupt;
use crate::stream::Stream;

/// A descriptor of the host.
///
/// Whatever may block is waited for together with the interrupt, so that the thread is never lost in a read. Files
/// and directories do not block.
pub struct HostStream {
    descriptor: OwnedFd,
    may_block: bool,
    /// How long a read or write waits; `None` for ever.
    patience: Option<Duration>,
}

/// Waits until `descriptor` is `wanted`, or an error is on it: `EINTR` once `interrupt` is raised, `ETIMEDOUT` after
/// `patience`, which begins anew when a signal came to this thread.
pub(crate) fn until_ready(
    descriptor: &OwnedFd,
    wanted: PollFlags,
    patience: Option<Duration>,
    interrupt: &Interrupt,
) -> io::Result<()> {
    let event = interrupt.event()?;
    let patience = patience.and_then(|time| Timespec::try_from(time).ok());
    loop {
        let mut waits = [PollFd::new(descriptor, wanted), PollFd::new(event, PollFlags::IN)];
        match poll(&mut waits, patience.as_ref()) {
            Ok(ready) => {
                interrupt.check()?;
                if !waits[0].revents().is_empty() {
                    return Ok(());
                }
                if ready == 0 {
                    return Err(Errno::TIMEDOUT.into());
                }
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

impl HostStream {
    /// Takes a descriptor over.
    pub fn new(descriptor: OwnedFd) -> io::Result<Self> {
        let kind = FileType::from_raw_mode(rustix::fs::fstat(&descriptor)?.st_mode);
        let may_block = !matches!(kind, FileType::RegularFile | FileType::Directory);
        Ok(Self { descriptor, may_block, patience: None })
    }

    /// Takes a connection over whose reads and writes end with `ETIMEDOUT` when nothing moves for so long.
    pub(crate) fn patient(descriptor: OwnedFd, patience: Duration) -> io::Result<Self> {
        Ok(Self { patience: Some(patience), ..Self::new(descriptor)? })
    }

    fn ready(&self, wanted: PollFlags, interrupt: &Interrupt) -> io::Result<()> {
        if !self.may_block {
            return interrupt.check();
        }
        until_ready(&self.descriptor, wanted, self.patience, interrupt)
    }

    /// Repeats `step` while the host says to do so.
    fn until_done(
        &self,
        wanted: PollFlags,
        interrupt: &Interrupt,
        mut step: impl FnMut(&OwnedFd) -> rustix::io::Result<usize>,
    ) -> io::Result<usize> {
        loop {
            self.ready(wanted, interrupt)?;
            match step(&self.descriptor) {
                Ok(count) => return Ok(count),
                // Another process was faster, or a signal came to this thread.
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Stream for HostStream {
    fn read(&self, buffer: &mut [u8], interrupt: &Interrupt) -> io::Result<usize> {
        self.until_done(PollFlags::IN, interrupt, |fd| rustix::io::read(fd, &mut *buffer))
    }

    fn write(&self, bytes: &[u8], interrupt: &Interrupt) -> io::Result<usize> {
        // A pipe takes this much at once when it is ready, so that a blocking descriptor does not block.
        let part = if self.may_block { &bytes[..bytes.len().min(4096)] } else { bytes };
        self.until_done(PollFlags::OUT, interrupt, |fd| rustix::io::write(fd, part))
    }

    fn metadata(&self) -> io::Result<Metadata> {
        Ok(metadata(&rustix::fs::fstat(&self.descriptor)?))
    }

    fn seek(&self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => rustix::fs::SeekFrom::Start(at),
            SeekFrom::End(by) => rustix::fs::SeekFrom::End(by),
            SeekFrom::Current(by) => rustix::fs::SeekFrom::Current(by),
        };
        Ok(rustix::fs::seek(&self.descriptor, to)?)
    }

    fn set_len(&self, size_bytes: u64) -> io::Result<()> {
        Ok(rustix::fs::ftruncate(&self.descriptor, size_bytes)?)
    }

    fn set_mode(&self, mode: u32) -> io::Result<()> {
        Ok(rustix::fs::fchmod(&self.descriptor, Mode::from_raw_mode(mode))?)
    }

    fn set_owner(&self, owner: OwnerChange) -> io::Result<()> {
        let (uid, gid) = owner_ids(owner);
        Ok(rustix::fs::fchown(&self.descriptor, uid, gid)?)
    }

    fn set_times(&self, times: TimesChange) -> io::Result<()> {
        Ok(rustix::fs::futimens(&self.descriptor, &timestamps(times))?)
    }

    fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fsync(&self.descriptor)?)
    }

    fn is_terminal(&self) -> bool {
        self.may_block && rustix::termios::isatty(&self.descriptor)
    }

    fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        Some(self.descriptor.as_fd())
    }
}

/// Ids as `chown` takes them.
pub(crate) fn owner_ids(owner: OwnerChange) -> (Option<rustix::fs::Uid>, Option<rustix::fs::Gid>) {
    (owner.uid.map(rustix::fs::Uid::from_raw), owner.gid.map(rustix::fs::Gid::from_raw))
}

/// Times as `utimensat` takes them.
pub(crate) fn timestamps(times: TimesChange) -> Timestamps {
    let one = |time: Option<Time>| match time {
        Some(time) => Timespec { tv_sec: time.seconds, tv_nsec: i64::from(time.nanoseconds) },
        None => Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
    };
    Timestamps { last_access: one(times.accessed), last_modification: one(times.modified) }
}

/// What the host's `stat` says.
pub(crate) fn metadata(stat: &rustix::fs::Stat) -> Metadata {
    let time = |seconds: i64, nanoseconds: u64| Time {
        seconds,
        nanoseconds: u32::try_from(nanoseconds).unwrap_or_default(),
    };
    Metadata {
        kind: kind(FileType::from_raw_mode(stat.st_mode)).unwrap_or(FileKind::File),
        mode: stat.st_mode & 0o7777,
        uid: stat.st_uid,
        gid: stat.st_gid,
        size_bytes: u64::try_from(stat.st_size).unwrap_or_default(),
        links: stat.st_nlink,
        device: stat.st_dev,
        inode: stat.st_ino,
        special: stat.st_rdev,
        blocks: u64::try_from(stat.st_blocks).unwrap_or_default(),
        block_size_bytes: u64::try_from(stat.st_blksize).unwrap_or_default(),
        accessed: time(stat.st_atime, stat.st_atime_nsec),
        modified: time(stat.st_mtime, stat.st_mtime_nsec),
        changed: time(stat.st_ctime, stat.st_ctime_nsec),
    }
}

/// A kind of file as the host names it.
pub(crate) fn kind(kind: FileType) -> Option<FileKind> {
    match kind {
        FileType::RegularFile => Some(FileKind::File),
        FileType::Directory => Some(FileKind::Directory),
        FileType::Symlink => Some(FileKind::Symlink),
        FileType::Fifo => Some(FileKind::Fifo),
        FileType::Socket => Some(FileKind::Socket),
        FileType::CharacterDevice => Some(FileKind::CharDevice),
        FileType::BlockDevice => Some(FileKind::BlockDevice),
        FileType::Unknown => None,
    }
}
