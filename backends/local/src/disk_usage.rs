//! What a container's own files take.

use std::{collections::HashSet, io, os::fd::AsFd, path::Path};

use rustix::{
    fs::{AtFlags, CWD, Dir, FileType, statat},
    io::Errno,
};

use crate::wipe::open_dir;

/// How deep directories are followed, each level with an open descriptor.
///
/// Real trees end at a few dozen; what a container nests deeper for mischief is not counted.
const DEPTH_MAX: usize = 128;

/// Sums up the sizes of all regular files under `path`, in bytes; a file with several names counts once.
///
/// The container may be changing them meanwhile: what disappears is not counted, and links are never followed.
pub(crate) fn disk_usage(path: &Path) -> io::Result<u64> {
    let top = match open_dir(CWD, path) {
        Ok(top) => top,
        Err(Errno::NOENT) => return Ok(0),
        Err(errno) => return Err(errno.into()),
    };
    let mut total_bytes = 0;
    let mut counted = HashSet::new();
    let mut open = vec![(Dir::read_from(&top)?, top)];
    loop {
        let depth = open.len();
        let Some((entries, dir)) = open.last_mut() else { break };
        let Some(entry) = entries.next() else {
            open.pop();
            continue;
        };
        let entry = entry?;
        let name = entry.file_name();
        if [c".", c".."].contains(&name) {
            continue;
        }
        let Ok(stat) = statat(dir.as_fd(), name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory if depth < DEPTH_MAX => {
                if let Ok(inner) = open_dir(dir.as_fd(), name) {
                    open.push((Dir::read_from(&inner)?, inner));
                }
            }
            FileType::RegularFile => {
                let is_new = stat.st_nlink == 1 || counted.insert(stat.st_ino);
                total_bytes += if is_new { u64::try_from(stat.st_size).unwrap_or(0) } else { 0 };
            }
            FileType::Directory
            | FileType::Symlink
            | FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => {}
        }
    }
    Ok(total_bytes)
}

#[cfg(test)]
mod tests;
