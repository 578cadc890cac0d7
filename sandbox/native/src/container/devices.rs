//! `/dev`: a small file system of its own with the default devices.

use std::fs;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use rustix::fs::{
    Dev, FileType, Gid, Mode, OFlags, Uid, chownat, fstat, makedev, mkdirat, mknodat, openat,
    symlinkat,
};
use rustix::io::Errno;
use rustix::mount::MountAttrFlags;
use sandbox_shim::DeviceRule;

use super::paths;
use crate::cgroup::devices::{Kind, rule};
use crate::error::{During, StartError, step};
use crate::mount::{self, FsOption};
use crate::target;

/// The devices every container has: name and minor number under major 1, but for the terminal.
const DEFAULT: &[(&str, u32, u32)] = &[
    ("null", 1, 3),
    ("zero", 1, 5),
    ("full", 1, 7),
    ("random", 1, 8),
    ("urandom", 1, 9),
    ("tty", 5, 0),
];

/// The links every container has.
const LINKS: &[(&str, &str)] = &[
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
    ("ptmx", "pts/ptmx"),
    ("core", "/proc/kcore"),
];

/// Directories other file systems are mounted on.
const DIRECTORIES: &[&str] = &["pts", "shm", "mqueue"];

/// What a privileged container does not get of the host's `/dev`.
const NOT_OF_THE_HOST: &[&str] =
    &["console", "core", "fd", "mqueue", "ptmx", "pts", "shm", "stderr", "stdin", "stdout"];

/// How deep the host's `/dev` is copied.
const DEPTH_MAX: u32 = 8;

/// Makes the file system, in no place yet. `console` adds a file for the terminal to be mounted on.
pub(super) fn make(privileged: bool, console: bool) -> Result<OwnedFd, StartError> {
    let options = [FsOption::Value("mode", "755"), FsOption::Value("size", "65536k")];
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_STRICTATIME;
    let dev = mount::make("tmpfs", &options, attributes)?;
    fill(dev.as_fd(), console).during(step!("making the files of /dev"))?;
    if privileged {
        copy(dev.as_fd(), Path::new("/dev"), 0).during(step!("copying the host's devices"))?;
    }
    Ok(dev)
}

/// Puts the host's devices in the place of those that could not be made: in a user namespace none can be.
pub(super) fn borrow(dev: &OwnedFd) -> Result<(), StartError> {
    for (name, ..) in DEFAULT {
        let what = step!("taking the host's /dev/{name}");
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let place = openat(dev, *name, flags, Mode::empty()).during(what)?;
        if FileType::from_raw_mode(fstat(&place).during(what)?.st_mode) == FileType::RegularFile {
            // They are used, not changed.
            let device = mount::read_only_copy_of_path(&Path::new("/dev").join(name));
            mount::place(device.during(what)?, place).during(what)?;
        }
    }
    Ok(())
}

fn fill(dev: BorrowedFd<'_>, console: bool) -> Result<(), Errno> {
    for (name, major, minor) in DEFAULT {
        let (mode, number) = (Mode::from_raw_mode(0o666), makedev(*major, *minor));
        match mknodat(dev, *name, FileType::CharacterDevice, mode, number) {
            Err(Errno::PERM) => file(dev, name)?,
            made => made?,
        }
    }
    for (name, to) in LINKS {
        symlinkat(*to, dev, *name)?;
    }
    for name in DIRECTORIES {
        mkdirat(dev, *name, Mode::from_raw_mode(0o755))?;
    }
    if console {
        file(dev, "console")?;
    }
    Ok(())
}

/// Makes an empty file, for something to be mounted on.
fn file(dev: BorrowedFd<'_>, name: &str) -> Result<(), Errno> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    openat(dev, name, flags, Mode::from_raw_mode(0o600)).map(drop)
}

/// Makes the nodes below `host` that are not there yet.
fn copy(dev: BorrowedFd<'_>, host: &Path, depth: u32) -> Result<(), Errno> {
    for entry in fs::read_dir(host).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let hidden = depth == 0 && NOT_OF_THE_HOST.iter().any(|hidden| name == *hidden);
        let Ok(metadata) = entry.metadata() else { continue };
        let kind = metadata.file_type();
        if hidden {
            continue;
        }
        if kind.is_dir() && depth < DEPTH_MAX {
            match mkdirat(dev, &name, Mode::from_raw_mode(0o755)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(errno) => return Err(errno),
            }
            let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let below = openat(dev, &name, flags, Mode::empty())?;
            copy(below.as_fd(), &entry.path(), depth + 1)?;
        } else if kind.is_char_device() || kind.is_block_device() {
            let kind = if kind.is_block_device() { Kind::Block } else { Kind::Character };
            match node(dev, name.as_os_str(), kind, metadata.rdev(), metadata.mode() & 0o777) {
                // Whoever may make none has no right to use them either.
                Ok(()) | Err(Errno::EXIST | Errno::PERM) => {}
                Err(errno) => return Err(errno),
            }
        }
    }
    Ok(())
}

fn node(
    dir: BorrowedFd<'_>,
    name: &std::ffi::OsStr,
    kind: Kind,
    number: Dev,
    mode: u32,
) -> Result<(), Errno> {
    let kind = match kind {
        Kind::Block => FileType::BlockDevice,
        Kind::Character => FileType::CharacterDevice,
    };
    mknodat(dir, name, kind, Mode::from_raw_mode(mode), number)
}

/// Makes a device the container was given, with the numbers, mode and owner it has on the host.
pub(super) fn add(root: BorrowedFd<'_>, device: &DeviceRule) -> Result<(), StartError> {
    let rule = rule(device)?;
    let what = step!("making device {}", device.target);
    let metadata = fs::metadata(&device.source).during(what)?;
    let path = device.target.trim_end_matches('/');
    let (parent, name) = path.rsplit_once('/').unwrap_or(("/", path));
    let parent = target::directory(root, parent)?;
    let (uid, gid) = (Uid::from_raw(metadata.uid()), Gid::from_raw(metadata.gid()));
    match node(parent.as_fd(), name.as_ref(), rule.kind, metadata.rdev(), metadata.mode() & 0o777) {
        Err(Errno::EXIST) => return Ok(()),
        Err(Errno::PERM) => return paths::bind(root, &device.source, path, false, true),
        made => made.during(what)?,
    }
    let flags = rustix::fs::AtFlags::SYMLINK_NOFOLLOW;
    chownat(&parent, name, Some(uid), Some(gid), flags).during(what)
}
