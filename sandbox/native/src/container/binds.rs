//! What is bound of the host: copies of its mounts, taken while the process still sees them as the host does.
//!
//! Only a copy that is taken before the process leaves the host's mounts can stay tied to them, as propagation wants it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;
use sandbox_shim::{BindMount, ContainerConfig, Mount, Propagation};

use crate::error::{During, StartError, step};
use crate::mount;
use crate::syscall::set_propagation;
use crate::target::{self, TargetKind};

/// Makes a detached mount for each bind of `config`, in their order; with `devices`, device nodes in them can be used.
pub(super) fn copies(config: &ContainerConfig, devices: bool) -> Result<Vec<OwnedFd>, StartError> {
    let binds = config.mounts.iter().filter_map(|mount| match mount {
        Mount::Bind(bind) => Some(bind),
        Mount::Tmpfs(_) => None,
    });
    binds.map(|bind| copy(bind, devices)).collect()
}

/// Puts the copy that was made for a bind in its place.
pub(super) fn place(
    root: BorrowedFd<'_>,
    bind: &BindMount,
    copy: OwnedFd,
) -> Result<(), StartError> {
    let what = step!("mounting {} to {}", bind.source.display(), bind.target);
    let directory = target::is_directory(&copy).during(what)?;
    let kind = if directory { TargetKind::Directory } else { TargetKind::File };
    let target = target::for_mount(root, &bind.target, kind)?;
    if target::is_directory(&target).during(what)? != directory {
        let reason = format!(
            "error mounting {:?} to rootfs at {:?}: not a directory: Are you trying to mount a directory onto a \
             file (or vice-versa)? Check if the specified host path exists and is the expected type",
            bind.source.display().to_string(),
            bind.target
        );
        return Err(StartError::Refused { reason });
    }
    mount::place(copy, target).during(what)
}

fn copy(bind: &BindMount, devices: bool) -> Result<OwnedFd, StartError> {
    let what = step!("mounting {} to {}", bind.source.display(), bind.target);
    let source = source(bind)?;
    let copy =
        if bind.without_submounts { mount::top_copy_of(&source) } else { mount::copy_of(&source) };
    let copy = copy.during(what)?;
    set(copy.as_fd(), bind, devices).during(what)?;
    Ok(copy)
}

/// Opens what is bound. A path in a volume is resolved as in a root: whoever shares the volume may have put links there.
fn source(bind: &BindMount) -> Result<OwnedFd, StartError> {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let source = openat(CWD, &bind.source, flags, Mode::empty());
    let source = source.during(step!("opening {}", bind.source.display()))?;
    if bind.subpath.is_empty() {
        return Ok(source);
    }
    target::existing(source.as_fd(), &bind.subpath)?.ok_or_else(|| StartError::Refused {
        reason: format!(
            "cannot access path {}/{}: no such file or directory",
            bind.source.display(),
            bind.subpath
        ),
    })
}

fn set(copy: BorrowedFd<'_>, bind: &BindMount, devices: bool) -> Result<(), Errno> {
    match (bind.read_only, bind.read_only_top) {
        (true, _) => mount::make_read_only(copy)?,
        (false, true) => mount::make_top_read_only(copy)?,
        (false, false) => {}
    }
    if !devices {
        mount::forbid_devices(copy)?;
    }
    // What is mounted below is never left as the host has it, for then the container could change the host's mounts.
    let kind = match bind.propagation {
        Propagation::Private | Propagation::RecursivePrivate => libc::MS_PRIVATE,
        Propagation::Shared | Propagation::RecursiveShared => libc::MS_SHARED,
        Propagation::Slave | Propagation::RecursiveSlave => libc::MS_SLAVE,
    };
    set_propagation(copy, kind)
}
