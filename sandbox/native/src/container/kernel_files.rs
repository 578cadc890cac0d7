//! The kernel's own file systems: `/proc`, `/sys`, `/dev` and what lies below them.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags, ResolveFlags, mkdirat, openat, openat2, symlinkat};
use rustix::io::Errno;
use rustix::mount::MountAttrFlags;

use crate::error::{During, StartError, step};
use crate::mount::{self, FsOption, LOCKED_DOWN};
use crate::target;

/// The group that owns terminals in every distribution.
const TTY_GROUP: &str = "5";

/// Mounts `/proc`.
pub(super) fn proc(root: BorrowedFd<'_>) -> Result<OwnedFd, StartError> {
    let proc = mount::make("proc", &[], LOCKED_DOWN)?;
    place_plainly(root, "proc", &proc)?;
    Ok(proc)
}

/// Mounts `/sys`, which only a privileged container may write to.
pub(super) fn sys(root: BorrowedFd<'_>, privileged: bool) -> Result<(), StartError> {
    let sys = match mount::try_make("sysfs", &[], unless(privileged)) {
        // It shows the network that one is in, and that is the host's, to which a user namespace has no right.
        Err(Errno::PERM) => the_hosts("/sys", privileged),
        sys => sys,
    };
    place_plainly(root, "sys", &sys.during(step!("mounting sysfs"))?)
}

/// Makes a file system for shared memory, in no place yet.
pub(super) fn shared_memory(size_bytes: u64) -> Result<OwnedFd, StartError> {
    let size = size_bytes.to_string();
    let options = [FsOption::Value("mode", "1777"), FsOption::Value("size", &size)];
    mount::make("tmpfs", &options, LOCKED_DOWN)
}

/// Mounts `/dev` and the file systems in it, `memory` for shared memory; returns the one of the terminals.
pub(super) fn dev(
    root: BorrowedFd<'_>,
    dev: &OwnedFd,
    memory: Option<OwnedFd>,
) -> Result<OwnedFd, StartError> {
    place_plainly(root, "dev", dev)?;
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    let options = [
        FsOption::Value("ptmxmode", "0666"),
        FsOption::Value("mode", "0620"),
        FsOption::Value("gid", TTY_GROUP),
    ];
    let terminals = match mount::try_make("devpts", &options, attributes) {
        // The group is not one of the user namespace's.
        Err(Errno::INVAL) => mount::try_make("devpts", &options[..2], attributes),
        terminals => terminals,
    };
    let terminals = terminals.during(step!("mounting devpts"))?;
    place_on(dev, "pts", &terminals)?;
    if let Some(memory) = memory {
        place_on(dev, "shm", &memory)?;
    }
    let queues = match mount::try_make("mqueue", &[], LOCKED_DOWN) {
        // They are the host's, as its network is.
        Err(Errno::PERM) => the_hosts("/dev/mqueue", true),
        queues => queues,
    };
    place_on(dev, "mqueue", &queues.during(step!("mounting mqueue"))?)?;
    Ok(terminals)
}

/// Mounts the program's side of the terminal on `/dev/console`.
///
/// Both are reached by descriptor: nothing in the image can stand in for either (CVE-2025-52565).
pub(super) fn console(dev: &OwnedFd, slave: &OwnedFd) -> Result<(), StartError> {
    mount::copy_of(slave)
        .and_then(|copy| mount::place(copy, child(dev, "console", OFlags::empty())?))
        .during(step!("mounting /dev/console"))
}

/// Mounts the container's own control groups at `/sys/fs/cgroup`, which only a privileged container may write to.
pub(super) fn cgroups(
    root: BorrowedFd<'_>,
    hierarchies: &[Vec<String>],
    privileged: bool,
) -> Result<(), StartError> {
    let Some(place) = target::existing(root, "/sys/fs/cgroup")? else { return Ok(()) };
    let what = step!("mounting /sys/fs/cgroup");
    match hierarchies {
        [] => Ok(()),
        [all] if all.is_empty() => {
            let tree = mount::make("cgroup2", &[], unless(privileged))?;
            mount::place(tree, place).during(what)
        }
        hierarchies => {
            let dir = mount::make("tmpfs", &[FsOption::Value("mode", "755")], LOCKED_DOWN)?;
            mount::place(&dir, place).during(what)?;
            for controllers in hierarchies {
                hierarchy(&dir, controllers, privileged)?;
            }
            if privileged { Ok(()) } else { mount::make_top_read_only(dir.as_fd()).during(what) }
        }
    }
}

fn hierarchy(dir: &OwnedFd, controllers: &[String], privileged: bool) -> Result<(), StartError> {
    let options: Vec<FsOption<'_>> =
        controllers.iter().map(|controller| FsOption::Flag(controller)).collect();
    let mounted = mount::make("cgroup", &options, unless(privileged))?;
    let name = controllers.join(",");
    let what = step!("mounting /sys/fs/cgroup/{name}");
    mkdirat(dir, &name, Mode::from_raw_mode(0o755)).during(what)?;
    place_on(dir, &name, &mounted)?;
    for controller in controllers.iter().filter(|controller| **controller != name) {
        symlinkat(&name, dir, controller).during(what)?;
    }
    Ok(())
}

/// Makes a detached copy of what the host has mounted.
fn the_hosts(path: &str, writable: bool) -> Result<OwnedFd, Errno> {
    let copy = mount::copy_of_path(path.as_ref())?;
    if !writable {
        mount::make_read_only(copy.as_fd())?;
    }
    Ok(copy)
}

fn unless(privileged: bool) -> MountAttrFlags {
    if privileged { LOCKED_DOWN } else { LOCKED_DOWN | MountAttrFlags::MOUNT_ATTR_RDONLY }
}

/// Mounts over a directory at the top of the root, which must not be a link.
fn place_plainly(root: BorrowedFd<'_>, name: &str, mount: &OwnedFd) -> Result<(), StartError> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    let open = || openat2(root, name, flags, Mode::empty(), resolve);
    let found = match open() {
        Err(Errno::NOENT) => mkdirat(root, name, Mode::from_raw_mode(0o755)).and_then(|()| open()),
        found => found,
    };
    found.and_then(|target| mount::place(mount, target)).during(step!("mounting /{name}"))
}

/// Mounts over a file or directory this program has just made.
fn place_on(dir: &OwnedFd, name: &str, mount: &OwnedFd) -> Result<(), StartError> {
    child(dir, name, OFlags::DIRECTORY)
        .and_then(|target| mount::place(mount, target))
        .during(step!("mounting {name}"))
}

fn child(dir: &OwnedFd, name: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
    let flags = flags | OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(dir, name, flags, Mode::empty())
}
