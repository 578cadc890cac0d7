//! Opening paths inside of a directory by the kernel's own rules, whoever changes the tree meanwhile.

use std::{fs::File, io::Read as _, os::fd::AsRawFd as _};

use rustix::{
    fd::{AsFd, OwnedFd},
    fs::{FileType, Gid, Mode, OFlags, ResolveFlags, Uid, fchown, fstat, mkdirat},
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

/// Permissions of a directory that is made because something in it is wanted.
const MADE_MODE: Mode = Mode::from_raw_mode(0o755);

/// Makes a directory of a tree, and those above it, without being led out of its root; those that are made belong to `owner`,
/// or to root. Gives the directory, and whether it is new.
pub fn make_directories(
    root: impl AsFd,
    path: &str,
    owner: Option<(u32, u32)>,
) -> rustix::io::Result<(OwnedFd, bool)> {
    let root = root.as_fd();
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    let mut prefix = String::new();
    let mut last = (open_in_root(root, b".", flags)?, false);
    for name in path.split('/').filter(|name| !name.is_empty() && *name != ".") {
        prefix.push('/');
        prefix.push_str(name);
        let open = || open_in_root(root, prefix.as_bytes(), flags);
        last = match open() {
            Err(Errno::NOENT) => {
                let is_new = match mkdirat(&last.0, name, MADE_MODE) {
                    Ok(()) => true,
                    Err(Errno::EXIST) => false,
                    Err(errno) => return Err(errno),
                };
                let made = open()?;
                if is_new && let Some((uid, gid)) = owner {
                    fchown(&made, Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)))?;
                }
                (made, is_new)
            }
            found => (found?, false),
        };
    }
    Ok(last)
}

/// Reads a file of a tree up to `bytes_max`. One that is not there, is no file, or cannot be read is empty.
pub fn read_in_root(root: impl AsFd, path: &[u8], bytes_max: u64) -> String {
    let mut text = Vec::new();
    let held = open_in_root(root, path, OFlags::PATH);
    let file = held.ok().filter(|held| {
        fstat(held).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile)
    });
    // What is held is a file; its name under /proc leads to it and nowhere else.
    let file = file
        .and_then(|held| File::open(format!("/proc/self/fd/{}", held.as_fd().as_raw_fd())).ok());
    if let Some(file) = file
        && file.take(bytes_max).read_to_end(&mut text).is_err()
    {
        text.clear();
    }
    String::from_utf8_lossy(&text).into_owned()
}
