//! Memory in the container: `--tmpfs` and its options.

use std::os::fd::BorrowedFd;

use rustix::fs::fstat;
use rustix::mount::MountAttrFlags;
use sandbox_shim::TmpfsMount;

use crate::error::{During, StartError, step};
use crate::mount::{self, FsOption};
use crate::target::{self, TargetKind};

/// Options of the file system itself.
const VALUES: &[&str] = &["size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "huge"];

/// The bits of a mode that are permissions.
const PERMISSIONS: u32 = 0o7777;

/// Mounts one. It has the mode of the directory that it hides, unless the options give one.
pub(super) fn mount(root: BorrowedFd<'_>, tmpfs: &TmpfsMount) -> Result<(), StartError> {
    let what = step!("mounting {}", tmpfs.target);
    let (mut options, attributes) = options(&tmpfs.options)?;
    let hidden = target::existing(root, &tmpfs.target)?;
    let hidden = hidden.map(|directory| fstat(&directory)).transpose().during(what)?;
    let mode = hidden.map(|stat| format!("{:o}", stat.st_mode & PERMISSIONS));
    let has_mode = options.iter().any(|option| matches!(option, FsOption::Value("mode", _)));
    if let Some(mode) = mode.as_deref().filter(|_| !has_mode) {
        options.push(FsOption::Value("mode", mode));
    }
    let made = mount::make("tmpfs", &options, attributes)?;
    let target = target::for_mount(root, &tmpfs.target, TargetKind::Directory)?;
    mount::place(made, target).during(what)
}

/// Reads comma separated options. What is not said is as Docker has it: no programs, no devices, no set-uid.
pub(super) fn options(text: &str) -> Result<(Vec<FsOption<'_>>, MountAttrFlags), StartError> {
    let mut values = Vec::new();
    let mut attributes = crate::mount::LOCKED_DOWN;
    for option in text.split(',').filter(|option| !option.is_empty()) {
        if let Some((name, value)) = option.split_once('=') {
            if !VALUES.contains(&name) {
                return Err(invalid(option));
            }
            values.push(FsOption::Value(name, value));
            continue;
        }
        match option {
            "ro" => attributes |= MountAttrFlags::MOUNT_ATTR_RDONLY,
            "exec" => attributes -= MountAttrFlags::MOUNT_ATTR_NOEXEC,
            "suid" => attributes -= MountAttrFlags::MOUNT_ATTR_NOSUID,
            "dev" => attributes -= MountAttrFlags::MOUNT_ATTR_NODEV,
            "noatime" => attributes |= MountAttrFlags::MOUNT_ATTR_NOATIME,
            "rw" | "noexec" | "nosuid" | "nodev" | "relatime" | "private" | "rprivate" => {}
            _ => return Err(invalid(option)),
        }
    }
    Ok((values, attributes))
}

fn invalid(option: &str) -> StartError {
    StartError::Refused { reason: format!("invalid tmpfs option [{option:?}]") }
}

#[cfg(test)]
mod tests {
    use rustix::mount::MountAttrFlags;

    use super::options;

    #[test]
    fn options_change_the_locked_down_defaults() {
        let (values, attributes) = options("size=64k,mode=700,exec,ro").unwrap();
        assert_eq!(values.len(), 2);
        let expected = MountAttrFlags::MOUNT_ATTR_NOSUID
            | MountAttrFlags::MOUNT_ATTR_NODEV
            | MountAttrFlags::MOUNT_ATTR_RDONLY;
        assert_eq!(attributes, expected);
    }

    #[test]
    fn an_unknown_option_is_refused() {
        for text in ["bogus", "context=x", "size=1k,lower=/"] {
            assert!(options(text).is_err(), "{text}");
        }
    }
}
