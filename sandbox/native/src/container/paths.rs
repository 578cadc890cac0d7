//! Paths of the container that show something else than the image has there: binds, masks, read-only paths.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags, fstat, makedev, open};
use rustix::io::Errno;
use rustix::mount::MountAttrFlags;
use sandbox_shim::Security;

use crate::error::{During, StartError, step};
use crate::mount::{self, LOCKED_DOWN};
use crate::target::{self, TargetKind};

/// Mounts a file or directory of the host at `path`.
pub(super) fn bind(
    root: BorrowedFd<'_>,
    source: &Path,
    path: &str,
    read_only: bool,
) -> Result<(), StartError> {
    let what = step!("mounting {} to {path}", source.display());
    let copy = mount::copy_of_path(source).during(what)?;
    if read_only {
        mount::make_read_only(copy.as_fd()).during(what)?;
    }
    let directory = target::is_directory(&copy).during(what)?;
    let kind = if directory { TargetKind::Directory } else { TargetKind::File };
    let target = target::for_mount(root, path, kind)?;
    mount::place(copy, target).during(what)
}

/// Makes `count` detached mounts of the host's null device, after making sure that it is one.
///
/// They are what hides files. The container's own `/dev/null` will not do, for something else could stand in its place
/// (CVE-2025-31133); and the host's is out of reach once the root has changed, so there is one for each path.
pub(super) fn null_devices(count: usize) -> Result<Vec<OwnedFd>, StartError> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let null = open("/dev/null", flags, Mode::empty()).during(step!("opening /dev/null"))?;
    let status = fstat(&null).during(step!("looking at /dev/null"))?;
    let device = FileType::from_raw_mode(status.st_mode).is_char_device();
    if !device || status.st_rdev != makedev(1, 3) {
        return Err(StartError::Refused {
            reason: "the host's /dev/null is no null device".to_owned(),
        });
    }
    (0..count).map(|_| mount::copy_of(&null).during(step!("copying /dev/null"))).collect()
}

/// Makes paths read-only, then hides others; after everything else is mounted, so that nothing lies over them.
pub(super) fn guard(
    root: BorrowedFd<'_>,
    security: &Security,
    nulls: Vec<OwnedFd>,
) -> Result<(), StartError> {
    for path in &security.read_only_paths {
        if let Some(target) = target::existing(root, path)? {
            mount::copy_of(&target)
                .and_then(|copy| {
                    mount::make_read_only(copy.as_fd())?;
                    mount::place(copy, target)
                })
                .during(step!("making {path} read-only"))?;
        }
    }
    let mut empty = None;
    for (path, null) in security.masked_paths.iter().zip(nulls) {
        if let Some(target) = target::existing(root, path)? {
            let cover = if target::is_directory(&target).during(step!("looking at {path}"))? {
                directory(&mut empty)?
            } else {
                null
            };
            mount::place(cover, target).during(step!("masking {path}"))?;
        }
    }
    Ok(())
}

/// Returns a mount of one empty directory that all masks share.
fn directory(empty: &mut Option<OwnedFd>) -> Result<OwnedFd, StartError> {
    let empty = match empty {
        Some(empty) => empty,
        None => {
            let attributes = LOCKED_DOWN | MountAttrFlags::MOUNT_ATTR_RDONLY;
            empty.insert(mount::make("tmpfs", &[mount::FsOption::Value("size", "4k")], attributes)?)
        }
    };
    let copy: Result<OwnedFd, Errno> = mount::copy_of(empty);
    copy.during(step!("copying the empty directory"))
}
