//! Paths of containers, by the rules of the docker daemon.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use backends_core::{FilesError, PathStat};
use backends_images::open_in_root;
use rustix::{
    fs::{AtFlags, FileType, OFlags, ResolveFlags, Stat, fstat, openat2, readlinkat, statat},
    io::Errno,
};

use super::system;

/// Links that are followed to tell what a link leads to in the end, as many as the docker daemon follows.
const LINKS_MAX: usize = 255;

/// A path as a client wrote it: absolute, or as if it were.
#[derive(Debug)]
pub(super) struct ContainerPath {
    text: String,
    /// Its parts without `.` and `..`, which are taken as text, as the docker daemon takes them.
    parts: Vec<String>,
    /// Whether it ends with `/` or `/.`, which is how clients say that they mean a directory.
    ends: Ending,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Name,
    Slash,
    Dot,
}

/// What is at a path.
#[derive(Debug)]
pub(super) enum Found {
    /// A directory, open for reading.
    Directory(OwnedFd),
    /// Anything else.
    Other {
        /// The directory that it is in.
        parent: OwnedFd,
        /// Its name there.
        file: Vec<u8>,
    },
}

// === impl ContainerPath ===

impl ContainerPath {
    pub(super) fn parse(text: &str) -> Self {
        let mut parts: Vec<String> = Vec::new();
        for part in text.split('/') {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()),
                part => parts.push(part.to_owned()),
            }
        }
        let trimmed = text.trim_end_matches('/');
        let ends = if trimmed == "." || trimmed.ends_with("/.") {
            Ending::Dot
        } else if text.ends_with('/') {
            Ending::Slash
        } else {
            Ending::Name
        };
        Self { text: text.to_owned(), parts, ends }
    }

    /// Gives the name that the path's last part has in archives.
    pub(super) fn name(&self) -> &str {
        match (self.ends, self.parts.last()) {
            (Ending::Dot, _) => ".",
            (Ending::Name | Ending::Slash, Some(last)) => last,
            (Ending::Name | Ending::Slash, None) => "/",
        }
    }

    /// Finds what is at the path. A link at its end is followed only if the path says that it is a directory.
    pub(super) fn find(&self, root: BorrowedFd<'_>) -> Result<Found, FilesError> {
        let Some(last) = self.parts.last().filter(|_| self.ends == Ending::Name) else {
            return Ok(Found::Directory(self.open(root, &self.parts)?));
        };
        let parent = self.open(root, &self.parts[..self.parts.len() - 1])?;
        let file = last.as_bytes().to_vec();
        let stat = statat(&parent, &file, AtFlags::SYMLINK_NOFOLLOW);
        let stat = stat.map_err(|errno| self.failed(errno))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
            return Ok(Found::Other { parent, file });
        }
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = openat2(&parent, &file, flags, rustix::fs::Mode::empty(), resolve);
        Ok(Found::Directory(opened.map_err(|errno| self.failed(errno))?))
    }

    /// Finds the directory at the path, also through a link at its end.
    pub(super) fn find_directory(&self, root: BorrowedFd<'_>) -> Result<OwnedFd, FilesError> {
        let found = open_in_root(root, &joined(&self.parts), OFlags::PATH);
        let found = found.map_err(|errno| self.failed(errno))?;
        let stat = fstat(&found).map_err(system)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
            return Err(FilesError::NotADirectory);
        }
        open_in_root(&found, b".", OFlags::RDONLY | OFlags::DIRECTORY).map_err(system)
    }

    fn open(&self, root: BorrowedFd<'_>, parts: &[String]) -> Result<OwnedFd, FilesError> {
        let opened = open_in_root(root, &joined(parts), OFlags::RDONLY | OFlags::DIRECTORY);
        opened.map_err(|errno| self.failed(errno))
    }

    fn failed(&self, errno: Errno) -> FilesError {
        match errno {
            Errno::NOENT => FilesError::NotFound { path: self.text.clone() },
            Errno::NOTDIR => FilesError::Path(format!("lstat {}: not a directory", self.text)),
            Errno::LOOP => {
                FilesError::Path(format!("lstat {}: too many levels of symbolic links", self.text))
            }
            Errno::NAMETOOLONG => {
                FilesError::Path(format!("lstat {}: file name too long", self.text))
            }
            errno => system(errno),
        }
    }
}

// === impl Found ===

impl Found {
    /// Tells what it is.
    pub(super) fn stat(
        &self,
        root: BorrowedFd<'_>,
        path: &ContainerPath,
    ) -> Result<PathStat, FilesError> {
        let stat = match self {
            Self::Directory(directory) => fstat(directory),
            Self::Other { parent, file } => statat(parent, file, AtFlags::SYMLINK_NOFOLLOW),
        };
        let stat: Stat = stat.map_err(|errno| path.failed(errno))?;
        let is_link = FileType::from_raw_mode(stat.st_mode) == FileType::Symlink;
        let link_target = if is_link { final_target(root, &path.parts) } else { String::new() };
        Ok(PathStat {
            name: path.name().to_owned(),
            size_bytes: stat.st_size.unsigned_abs(),
            mode: stat.st_mode,
            mtime: (stat.st_mtime, u32::try_from(stat.st_mtime_nsec).unwrap_or_default()),
            link_target,
        })
    }
}

/// Opens the root for reading.
pub(super) fn open_root(root: BorrowedFd<'_>) -> rustix::io::Result<OwnedFd> {
    open_in_root(root, b".", OFlags::RDONLY | OFlags::DIRECTORY)
}

/// Follows all links of a path as far as there is something. It is told to clients and opened by nobody.
fn final_target(root: BorrowedFd<'_>, parts: &[String]) -> String {
    let mut left: Vec<Vec<u8>> = parts.iter().rev().map(|part| part.as_bytes().to_vec()).collect();
    let mut done: Vec<Vec<u8>> = Vec::new();
    let mut links = 0;
    while let Some(part) = left.pop() {
        match part.as_slice() {
            b"" | b"." => continue,
            b".." => {
                done.pop();
                continue;
            }
            _ => done.push(part),
        }
        let Some(link) = read_link(root, &done.join(&b'/')) else { continue };
        links += 1;
        if links > LINKS_MAX {
            break;
        }
        done.pop();
        if link.starts_with(b"/") {
            done.clear();
        }
        left.extend(link.split(|&byte| byte == b'/').rev().map(<[u8]>::to_vec));
    }
    format!("/{}", String::from_utf8_lossy(&done.join(&b'/')))
}

/// Reads the link at a path without links before it; `None` where there is something else, or nothing.
fn read_link(root: BorrowedFd<'_>, path: &[u8]) -> Option<Vec<u8>> {
    let link = open_in_root(root, path, OFlags::PATH | OFlags::NOFOLLOW).ok()?;
    Some(readlinkat(link.as_fd(), "", Vec::new()).ok()?.into_bytes())
}

fn joined(parts: &[String]) -> Vec<u8> {
    if parts.is_empty() { b".".to_vec() } else { parts.join("/").into_bytes() }
}

#[cfg(test)]
mod tests;
