//! Mounts by descriptor: made detached, changed, then put in their place.
//!
//! No path of the container is ever looked up by the kernel on a mount's behalf, so no link in an image can redirect one.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::CWD;
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags, fsconfig_create,
    fsconfig_set_flag, fsconfig_set_string, fsmount, fsopen, move_mount, open_tree,
};

use crate::error::{During, StartError, step};
use crate::syscall::set_mount_attributes;

/// What most of the kernel's own file systems are mounted with.
pub(crate) const LOCKED_DOWN: MountAttrFlags = MountAttrFlags::MOUNT_ATTR_NOSUID
    .union(MountAttrFlags::MOUNT_ATTR_NODEV)
    .union(MountAttrFlags::MOUNT_ATTR_NOEXEC);

const READ_ONLY: u64 = MountAttrFlags::MOUNT_ATTR_RDONLY.bits() as u64;

/// Has device nodes in a mount, and in those below it, be of no use.
pub(crate) fn forbid_devices(mount: BorrowedFd<'_>) -> Result<(), Errno> {
    set_mount_attributes(mount, u64::from(MountAttrFlags::MOUNT_ATTR_NODEV.bits()), true)
}

/// An option of a file system.
#[derive(Debug, Clone, Copy)]
pub(crate) enum FsOption<'a> {
    /// A word.
    Flag(&'a str),
    /// A key and its value.
    Value(&'a str, &'a str),
}

/// Makes a file system of `kind`, in no place yet.
pub(crate) fn make(
    kind: &str,
    options: &[FsOption<'_>],
    attributes: MountAttrFlags,
) -> Result<OwnedFd, StartError> {
    try_make(kind, options, attributes).during(step!("mounting {kind}"))
}

/// As [`make`], with the kernel's word alone.
pub(crate) fn try_make(
    kind: &str,
    options: &[FsOption<'_>],
    attributes: MountAttrFlags,
) -> Result<OwnedFd, Errno> {
    let context = fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(&context, "source", kind)?;
    for option in options {
        match option {
            FsOption::Flag(name) => fsconfig_set_flag(&context, *name)?,
            FsOption::Value(name, value) => fsconfig_set_string(&context, *name, *value)?,
        }
    }
    fsconfig_create(&context)?;
    fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, attributes)
}

/// Puts a detached mount over the file or directory `target` refers to.
pub(crate) fn place(mount: impl AsFd, target: impl AsFd) -> Result<(), Errno> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    move_mount(mount, "", target, "", flags)
}

/// Makes a detached mount of what `source` refers to, and of everything mounted below it.
pub(crate) fn copy_of(source: impl AsFd) -> Result<OwnedFd, Errno> {
    open_tree(source, "", copy_flags() | OpenTreeFlags::AT_EMPTY_PATH)
}

/// As [`copy_of`]; all of it refuses writes.
pub(crate) fn read_only_copy_of(source: impl AsFd) -> Result<OwnedFd, Errno> {
    let copy = copy_of(source)?;
    make_read_only(copy.as_fd())?;
    Ok(copy)
}

/// Makes a detached mount of what `source` refers to, without what is mounted below it.
pub(crate) fn top_copy_of(source: impl AsFd) -> Result<OwnedFd, Errno> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    open_tree(source, "", flags | OpenTreeFlags::AT_EMPTY_PATH)
}

/// Makes a detached mount of a path of the host, and of everything mounted below it.
pub(crate) fn copy_of_path(path: &std::path::Path) -> Result<OwnedFd, Errno> {
    open_tree(CWD, path, copy_flags())
}

/// As [`copy_of_path`], for a single file. It cannot be changed through the mount, but a device can be used.
pub(crate) fn read_only_copy_of_path(path: &std::path::Path) -> Result<OwnedFd, Errno> {
    let copy = copy_of_path(path)?;
    make_top_read_only(copy.as_fd())?;
    Ok(copy)
}

fn copy_flags() -> OpenTreeFlags {
    OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_RECURSIVE
}

/// Has a mount and those below it refuse writes.
pub(crate) fn make_read_only(mount: BorrowedFd<'_>) -> Result<(), Errno> {
    set_mount_attributes(mount, READ_ONLY, true)
}

/// Has a mount refuse writes, but not those below it.
pub(crate) fn make_top_read_only(mount: BorrowedFd<'_>) -> Result<(), Errno> {
    set_mount_attributes(mount, READ_ONLY, false)
}
