//! The files of the host, from its `/`.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bstr::BString;
use rustix::fs::{Access, AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;

use crate::files::{DirEntry, FileSystem, Metadata, OpenOptions, OwnerChange, Space, TimesChange};
use crate::host_stream::{HostStream, kind, metadata, owner_ids, timestamps};
use crate::interrupt::Interrupt;
use crate::stream::Stream;

/// How often a FIFO without a reader is looked at again: the kernel cannot be asked to tell.
const FIFO_LOOK_EVERY: Duration = Duration::from_millis(5);

/// The files of the host, from its `/`.
///
/// It is for processes whose `/` is the container's. The umask of the process should be 0, for modes come with the
/// caller's taken off.
#[derive(Debug, Clone, Copy, Default)]
pub struct HostFiles;

impl FileSystem for HostFiles {
    fn open(
        &self,
        path: &Path,
        options: &OpenOptions,
        interrupt: &Interrupt,
    ) -> io::Result<Arc<dyn Stream>> {
        let mode = Mode::from_raw_mode(options.mode);
        let flags = flags(options);
        loop {
            // Not blocking here, so that a FIFO without its other end can be interrupted.
            match rustix::fs::open(path, flags | OFlags::NONBLOCK, mode) {
                Ok(descriptor) => {
                    rustix::fs::fcntl_setfl(&descriptor, flags - OFlags::CLOEXEC)?;
                    return Ok(Arc::new(HostStream::new(descriptor)?));
                }
                Err(Errno::NXIO) if is_fifo(path) => interrupt.sleep(Some(FIFO_LOOK_EVERY))?,
                Err(Errno::INTR) => interrupt.check()?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        Ok(metadata(&rustix::fs::stat(path)?))
    }

    fn symlink_metadata(&self, path: &Path) -> io::Result<Metadata> {
        Ok(metadata(&rustix::fs::lstat(path)?))
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let descriptor = rustix::fs::open(path, flags, Mode::empty())?;
        let mut entries = Vec::new();
        for entry in rustix::fs::Dir::new(descriptor)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                entries.push(DirEntry { name: name.into(), kind: kind(entry.file_type()) });
            }
        }
        Ok(entries)
    }

    fn create_dir(&self, path: &Path, mode: u32) -> io::Result<()> {
        Ok(rustix::fs::mkdir(path, Mode::from_raw_mode(mode))?)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        Ok(rustix::fs::unlink(path)?)
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        Ok(rustix::fs::rmdir(path)?)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        Ok(rustix::fs::rename(from, to)?)
    }

    fn hard_link(&self, original: &Path, link: &Path) -> io::Result<()> {
        Ok(rustix::fs::linkat(CWD, original, CWD, link, AtFlags::empty())?)
    }

    fn symlink(&self, target: &Path, link: &Path) -> io::Result<()> {
        Ok(rustix::fs::symlink(target, link)?)
    }

    fn read_link(&self, path: &Path) -> io::Result<BString> {
        Ok(rustix::fs::readlink(path, Vec::new())?.into_bytes().into())
    }

    fn set_permissions(&self, path: &Path, mode: u32) -> io::Result<()> {
        Ok(rustix::fs::chmod(path, Mode::from_raw_mode(mode))?)
    }

    fn set_owner(&self, path: &Path, owner: OwnerChange, follow: bool) -> io::Result<()> {
        let (uid, gid) = owner_ids(owner);
        Ok(rustix::fs::chownat(CWD, path, uid, gid, at_flags(follow))?)
    }

    fn set_times(&self, path: &Path, times: TimesChange, follow: bool) -> io::Result<()> {
        Ok(rustix::fs::utimensat(CWD, path, &timestamps(times), at_flags(follow))?)
    }

    fn make_fifo(&self, path: &Path, mode: u32) -> io::Result<()> {
        let kind = rustix::fs::FileType::Fifo;
        Ok(rustix::fs::mknodat(CWD, path, kind, Mode::from_raw_mode(mode), 0)?)
    }

    fn access(&self, path: &Path, mode: u32) -> io::Result<()> {
        let mut wanted = Access::EXISTS;
        wanted.set(Access::READ_OK, mode & 4 != 0);
        wanted.set(Access::WRITE_OK, mode & 2 != 0);
        wanted.set(Access::EXEC_OK, mode & 1 != 0);
        Ok(rustix::fs::access(path, wanted)?)
    }

    fn space(&self, path: &Path) -> io::Result<Space> {
        let found = rustix::fs::statvfs(path)?;
        Ok(Space {
            block_size_bytes: found.f_frsize,
            blocks: found.f_blocks,
            free: found.f_bfree,
            available: found.f_bavail,
            inodes: found.f_files,
            free_inodes: found.f_ffree,
        })
    }
}

fn flags(options: &OpenOptions) -> OFlags {
    let mut flags = OFlags::CLOEXEC
        | match (options.read, options.write || options.append) {
            (true, true) => OFlags::RDWR,
            (false, true) => OFlags::WRONLY,
            _ => OFlags::RDONLY,
        };
    flags.set(OFlags::APPEND, options.append);
    flags.set(OFlags::CREATE, options.create || options.create_new);
    flags.set(OFlags::EXCL, options.create_new);
    flags.set(OFlags::TRUNC, options.truncate);
    flags.set(OFlags::NOFOLLOW, options.no_follow);
    // A terminal that is opened never becomes the server's own.
    flags | OFlags::NOCTTY
}

fn at_flags(follow: bool) -> AtFlags {
    if follow { AtFlags::empty() } else { AtFlags::SYMLINK_NOFOLLOW }
}

fn is_fifo(path: &Path) -> bool {
    rustix::fs::stat(path).is_ok_and(|stat| {
        rustix::fs::FileType::from_raw_mode(stat.st_mode) == rustix::fs::FileType::Fifo
    })
}
