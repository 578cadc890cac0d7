//! What a run made in its root for itself: to mount something over it, or to mark it as a container's.

use std::collections::HashSet;

use rustix::{
    fs::{AtFlags, FileType, OFlags, Stat, Timespec, Timestamps},
    io::Errno,
};

use super::{
    Upper,
    changes::{has_same_rights, names_of},
    is_directory, look, open_plain,
};

/// The directories that a run mounts its own file systems on.
const DIRECTORIES: [&str; 3] = ["dev", "proc", "sys"];

/// The files that a run puts its own over, and the directory that they are in.
const FILES: [&str; 3] = ["etc/hostname", "etc/hosts", "etc/resolv.conf"];
const FILES_IN: &str = "etc";

/// The link in their directory that leads to what is mounted.
const LINK: &str = "etc/mtab";
const LINK_TO: &[u8] = b"/proc/mounts";

/// The file that marks a container's root.
const MARK: [&str; 1] = [".dockerenv"];

/// The permissions of a directory that was made for them.
const MADE_MODE: u32 = 0o755;

/// Paths of an upper directory that only a run needed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    paths: HashSet<Vec<u8>>,
}

impl LeftOut {
    /// Finds them: what stands at such a path, is empty, and was not there before.
    pub fn find(upper: &Upper) -> rustix::io::Result<Self> {
        let mut found = Self::default();
        for (paths, directory) in
            [(&DIRECTORIES[..], true), (&FILES[..], false), (&MARK[..], false)]
        {
            for path in paths {
                let path = path.as_bytes();
                let Some(stat) = look(&upper.upper, path)? else { continue };
                let empty = if directory {
                    is_directory(&stat) && names(upper, path)?.is_empty()
                } else {
                    is_empty_file(&stat)
                };
                if empty && look(&upper.lower, path)?.is_none() {
                    found.paths.insert(path.to_vec());
                }
            }
        }
        if is_link(upper)? && look(&upper.lower, LINK.as_bytes())?.is_none() {
            found.paths.insert(LINK.into());
        }
        if found.is_only_for_files(upper)? {
            found.paths.insert(FILES_IN.into());
        }
        Ok(found)
    }

    /// Tells whether a path, which begins with no slash, is one of them.
    pub fn has(&self, path: &[u8]) -> bool {
        self.paths.contains(path)
    }

    /// Removes them from a directory that nobody uses any more. The times of the directories above stay, so that the same
    /// changes give the same layer whether they are moved or copied.
    pub(super) fn remove(&self, upper: &Upper) -> rustix::io::Result<()> {
        let mut paths: Vec<&[u8]> = self.paths.iter().map(Vec::as_slice).collect();
        // What is in a directory goes before it.
        paths.sort_unstable_by(|one, other| other.cmp(one));
        for path in paths {
            let Some(stat) = look(&upper.upper, path)? else { continue };
            let flags = if is_directory(&stat) { AtFlags::REMOVEDIR } else { AtFlags::empty() };
            let (parent, name) = match path.iter().rposition(|&byte| byte == b'/') {
                Some(at) => (&path[..at], &path[at + 1..]),
                None => (b".".as_slice(), path),
            };
            let parent = open_plain(&upper.upper, parent, OFlags::PATH | OFlags::DIRECTORY)?;
            let before = rustix::fs::fstat(&parent)?;
            match rustix::fs::unlinkat(&parent, name, flags) {
                Err(Errno::NOENT) => {}
                removed => removed?,
            }
            rustix::fs::utimensat(&parent, c"", &times_of(&before), AtFlags::EMPTY_PATH)?;
        }
        Ok(())
    }

    /// Tells whether nothing but such files is in their directory, and nothing else about it is new.
    fn is_only_for_files(&self, upper: &Upper) -> rustix::io::Result<bool> {
        let directory = FILES_IN.as_bytes();
        let Some(stat) = look(&upper.upper, directory)?.filter(is_directory) else {
            return Ok(false);
        };
        let own = |name: &Vec<u8>| self.has(&[directory, b"/", name].concat());
        let names = names(upper, directory)?;
        if names.is_empty() || !names.iter().all(own) {
            return Ok(false);
        }
        Ok(match look(&upper.lower, directory)? {
            Some(before) => has_same_rights(&before, &stat),
            None => stat.st_mode & 0o7777 == MADE_MODE && (stat.st_uid, stat.st_gid) == (0, 0),
        })
    }
}

/// Tells whether the link stands there as a run makes it.
fn is_link(upper: &Upper) -> rustix::io::Result<bool> {
    let Some(stat) = look(&upper.upper, LINK.as_bytes())? else { return Ok(false) };
    if FileType::from_raw_mode(stat.st_mode) != FileType::Symlink {
        return Ok(false);
    }
    let (parent, name) = LINK.split_at(FILES_IN.len());
    let parent = open_plain(&upper.upper, parent.as_bytes(), OFlags::PATH | OFlags::DIRECTORY)?;
    let place = rustix::fs::readlinkat(&parent, name.trim_start_matches('/'), Vec::new())?;
    Ok(place.as_bytes() == LINK_TO)
}

fn is_empty_file(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile && stat.st_size == 0
}

fn times_of(stat: &Stat) -> Timestamps {
    Timestamps {
        last_access: Timespec { tv_sec: stat.st_atime, tv_nsec: stat.st_atime_nsec as _ },
        last_modification: Timespec { tv_sec: stat.st_mtime, tv_nsec: stat.st_mtime_nsec as _ },
    }
}

/// Lists a directory of the upper one.
fn names(upper: &Upper, path: &[u8]) -> rustix::io::Result<Vec<Vec<u8>>> {
    names_of(open_plain(&upper.upper, path, OFlags::RDONLY | OFlags::DIRECTORY)?)
}
