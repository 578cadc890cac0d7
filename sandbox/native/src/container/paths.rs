//! Paths of the container that show something else than the image has there: binds, masks, read-only paths.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{Mode, OFlags, openat, symlinkat};
use rustix::io::Errno;
use rustix::mount::MountAttrFlags;
use sandbox_shim::{Rootfs, Security};

use crate::error::{During, StartError, step};
use crate::mount::{self, FsOption, LOCKED_DOWN};
use crate::target::{self, TargetKind};

/// Mounts a file or directory of the host at `path`; with `devices`, device nodes in it can be used.
pub(super) fn bind(
    root: BorrowedFd<'_>,
    source: &Path,
    path: &str,
    read_only: bool,
    devices: bool,
) -> Result<(), StartError> {
    let what = step!("mounting {} to {path}", source.display());
    let copy = mount::copy_of_path(source).during(what)?;
    if read_only {
        mount::make_read_only(copy.as_fd()).during(what)?;
    }
    if !devices {
        mount::forbid_devices(copy.as_fd()).during(what)?;
    }
    let directory = target::is_directory(&copy).during(what)?;
    let kind = if directory { TargetKind::Directory } else { TargetKind::File };
    let target = target::for_mount(root, path, kind)?;
    mount::place(copy, target).during(what)
}

/// The empty file by which programs know that they are in a container of Docker's.
const MARK: &str = ".dockerenv";

/// Its permissions, as dockerd gives them.
const MARK_MODE: u32 = 0o755;

/// Where programs look for what is mounted, and where that is told.
const MOUNTED: (&str, &str) = ("mtab", "/proc/mounts");

/// Makes the mark and the list of mounts that programs look for, unless something has their names.
pub(super) fn mark(root: BorrowedFd<'_>, rootfs: &Rootfs) -> Result<(), StartError> {
    let Rootfs::Overlay { .. } = rootfs else { return Ok(()) };
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    match openat(root, MARK, flags, Mode::from_raw_mode(MARK_MODE)) {
        Ok(_) | Err(Errno::EXIST) => {}
        Err(error) => return Err(error).during(step!("making /{MARK}")),
    }
    let (name, place) = MOUNTED;
    match symlinkat(place, target::directory(root, "/etc")?, name) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(error) => Err(error).during(step!("making /etc/{name}")),
    }
}

/// Makes paths read-only, then hides others; after everything else is mounted, so that nothing lies over them.
///
/// Files are hidden by the host's null device. The container's own will not do, for something else could stand in its place
/// (CVE-2025-31133); and the host's is out of reach once the root has changed, so this comes before. The mount refuses
/// changes, for the device's mode and owner are the host's: what is read from it and written to it is none.
pub(super) fn guard(
    root: BorrowedFd<'_>,
    security: &Security,
    null: &OwnedFd,
) -> Result<(), StartError> {
    for path in &security.read_only_paths {
        if let Some(target) = target::existing(root, path)? {
            mount::read_only_copy_of(&target)
                .and_then(|copy| mount::place(copy, target))
                .during(step!("making {path} read-only"))?;
        }
    }
    let mut empty = None;
    for path in &security.masked_paths {
        if let Some(target) = target::existing(root, path)? {
            if target::is_directory(&target).during(step!("looking at {path}"))? {
                hide_directory(&mut empty, target).during(step!("masking {path}"))?;
            } else {
                mount::read_only_copy_of(null)
                    .and_then(|copy| mount::place(copy, target))
                    .during(step!("masking {path}"))?;
            }
        }
    }
    Ok(())
}

/// Covers a directory with one empty file system that all masks share.
fn hide_directory(empty: &mut Option<OwnedFd>, target: OwnedFd) -> Result<(), Errno> {
    match empty {
        Some(empty) => mount::place(mount::copy_of(empty)?, target),
        None => {
            let attributes = LOCKED_DOWN | MountAttrFlags::MOUNT_ATTR_RDONLY;
            let size = [FsOption::Value("size", "4k")];
            // Older kernels copy a mount only once it has a place.
            let made = empty.insert(mount::try_make("tmpfs", &size, attributes)?);
            mount::place(made, target)
        }
    }
}
