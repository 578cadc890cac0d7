//! Opening a file of the image without being led out of it.

use std::fs::File;
use std::os::fd::BorrowedFd;

use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};

/// Opens a regular file below `root` for reading, or nothing if there is none.
///
/// Links are followed, but only inside `root` and never through `/proc`'s magic ones; a fifo does not block and a device is
/// not read.
pub(crate) fn open_inside(root: BorrowedFd<'_>, path: &str) -> Option<File> {
    let file = openat2(
        root,
        path,
        OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY,
        Mode::empty(),
        ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS,
    );
    let file = File::from(file.ok()?);
    file.metadata().ok()?.is_file().then_some(file)
}
