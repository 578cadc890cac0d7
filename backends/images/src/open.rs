//! Opening paths inside of a directory by the kernel's own rules, whoever changes the tree meanwhile.

use rustix::{
    fd::{AsFd, OwnedFd},
    fs::{Mode, OFlags, ResolveFlags},
    io::Errno,
};

/// Tries of one path. The kernel gives up on a path with `..` when anything on the host is renamed meanwhile; that
/// seldom happens twice in a row, and a program that renames without end is not waited for for ever.
const TRIES_MAX: usize = 256;

/// Opens `path` with `root` as its root directory: links may be followed, also absolute ones, and never leave it.
/// Links of `/proc`, which lead anywhere, are not followed.
pub fn open_in_root(root: impl AsFd, path: &[u8], flags: OFlags) -> rustix::io::Result<OwnedFd> {
    open_resolved(root, path, flags, ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS)
}

/// Opens `path` by the rules of `resolve`.
pub(crate) fn open_resolved(
    root: impl AsFd,
    path: &[u8],
    flags: OFlags,
    resolve: ResolveFlags,
) -> rustix::io::Result<OwnedFd> {
    let root = root.as_fd();
    let flags = flags | OFlags::CLOEXEC;
    for _ in 1..TRIES_MAX {
        match rustix::fs::openat2(root, path, flags, Mode::empty(), resolve) {
            Err(Errno::AGAIN | Errno::INTR) => {}
            opened => return opened,
        }
    }
    rustix::fs::openat2(root, path, flags, Mode::empty(), resolve)
}
