//! Owners, permissions, times and extended attributes of what was made.

use std::os::fd::AsRawFd as _;

use rustix::{
    fd::AsFd,
    fs::{AtFlags, FileType, Gid, Mode, OFlags, Timespec, Timestamps, Uid, XattrFlags},
    io::Errno,
};

use super::{Problem, tree::Tree};
use crate::archive::Entry;

/// Sets everything on an open file or directory but a directory's time, which its own entries would change again.
///
/// The owner comes first, for a change of the owner takes set-id bits and capabilities away.
pub(super) fn set_open(file: impl AsFd, entry: &Entry) -> Result<(), Problem> {
    let file = file.as_fd();
    set_owner_and_mode(file, entry)?;
    rustix::fs::futimens(file, &times(entry.mtime))
        .map_err(|errno| Problem::Write("setting its time", errno.into()))
}

/// Sets owner, extended attributes and permissions on an open file or directory.
pub(super) fn set_owner_and_mode(file: impl AsFd, entry: &Entry) -> Result<(), Problem> {
    let file = file.as_fd();
    let (owner, group) = owner(entry);
    rustix::fs::fchown(file, owner, group)
        .map_err(|errno| Problem::Write("setting its owner", errno.into()))?;
    for (name, value) in entry.xattrs.iter().filter(|(name, _)| is_kept(name)) {
        match rustix::fs::fsetxattr(file, name.as_slice(), value, XattrFlags::empty()) {
            // A file system without user attributes loses what nothing depends on; capabilities must not get lost.
            Err(Errno::OPNOTSUPP) if name.starts_with(b"user.") => {}
            Err(Errno::INVAL | Errno::RANGE | Errno::TOOBIG) => {
                return Err(Problem::Refused("a bad extended attribute"));
            }
            result => result
                .map_err(|errno| Problem::Write("setting an extended attribute", errno.into()))?,
        }
    }
    rustix::fs::fchmod(file, Mode::from_raw_mode(entry.mode))
        .map_err(|errno| Problem::Write("setting its permissions", errno.into()))
}

/// Sets everything on what cannot be opened without doing something to it: a link, a device, a pipe.
///
/// Whoever else writes there may have put something else in its place. So it is held by a descriptor that reads and
/// writes nothing, and is looked at, before anything is set.
pub(super) fn set_unopened(
    parent: impl AsFd,
    name: &[u8],
    entry: &Entry,
    kind: FileType,
) -> Result<(), Problem> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let held = rustix::fs::openat(parent, name, flags, Mode::empty())
        .map_err(Problem::of_path("opening what was made"))?;
    let stat = rustix::fs::fstat(&held).map_err(Problem::of_path("looking at what was made"))?;
    if FileType::from_raw_mode(stat.st_mode) != kind {
        return Err(Problem::Refused("something else was put in its place"));
    }
    let (owner, group) = owner(entry);
    rustix::fs::chownat(&held, "", owner, group, AtFlags::EMPTY_PATH)
        .map_err(|errno| Problem::Write("setting its owner", errno.into()))?;
    if kind != FileType::Symlink {
        // Such a descriptor takes no fchmod; its name under /proc leads to what it holds and nowhere else.
        rustix::fs::chmod(proc_name(&held), Mode::from_raw_mode(entry.mode))
            .map_err(|errno| Problem::Write("setting its permissions", errno.into()))?;
    }
    rustix::fs::utimensat(&held, "", &times(entry.mtime), AtFlags::EMPTY_PATH)
        .map_err(|errno| Problem::Write("setting its time", errno.into()))
}

/// Gives the name by which the kernel leads to what a descriptor of this process holds.
pub(crate) fn proc_name(held: impl AsFd) -> String {
    format!("/proc/self/fd/{}", held.as_fd().as_raw_fd())
}

/// Sets everything on the root of the tree.
pub(super) fn set_root(tree: &mut Tree, entry: &Entry) -> Result<(), Problem> {
    set_owner_and_mode(tree.root(), entry)?;
    tree.remember_time(Vec::new(), entry.mtime);
    Ok(())
}

/// Gives the time of an entry as the system takes it.
pub(super) const fn times((seconds, nanos): (i64, u32)) -> Timestamps {
    let time = Timespec { tv_sec: seconds, tv_nsec: nanos as i64 };
    Timestamps { last_access: time, last_modification: time }
}

fn owner(entry: &Entry) -> (Option<Uid>, Option<Gid>) {
    (Some(Uid::from_raw(entry.uid)), Some(Gid::from_raw(entry.gid)))
}

/// Chooses the attributes that an image may bring: capabilities and what users set.
///
/// Those of overlayfs would let a layer reach into others, those of security modules belong to the host.
fn is_kept(name: &[u8]) -> bool {
    let of_user = name.starts_with(b"user.") && !name.starts_with(b"user.overlay.");
    (of_user || name == b"security.capability") && !name.contains(&0)
}
