//! A source becomes files of a layer.

use std::{
    fs::File,
    os::fd::{BorrowedFd, OwnedFd},
};

use backends_images::{
    ExtractOptions, Packing, TransferError, extract, is_archive, make_directories, open_in_root,
    transfer,
};
use rustix::{
    fs::{FileType, Mode, OFlags, fchmod, fstat},
    io::Errno,
};

use super::find::dot;
use crate::{BuildError, error::with_causes};

/// How a source is copied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CopyHow {
    /// The owner that everything gets; its own where there is none.
    pub(crate) owner: Option<(u32, u32)>,
    /// The permissions that everything gets; its own where there are none.
    pub(crate) mode: Option<u32>,
    /// Whether an archive is unpacked.
    pub(crate) unpacks: bool,
}

/// Copies `path` of a tree to `target` of another; `name` is what a file is called where the target is a directory.
///
/// What is in a directory goes into the target; a file becomes the target, or goes into it where that ends with a slash or is
/// a directory already.
pub(crate) fn copy(
    source: BorrowedFd<'_>,
    path: &str,
    name: &str,
    root: BorrowedFd<'_>,
    target: &str,
    how: CopyHow,
) -> Result<(), BuildError> {
    let options = ExtractOptions { owner: how.owner, mode: how.mode, ..ExtractOptions::default() };
    let failed = BuildError::files("opening a source");
    let held = open_in_root(source, dot(path).as_bytes(), OFlags::PATH).map_err(&failed)?;
    let kind = FileType::from_raw_mode(fstat(&held).map_err(&failed)?.st_mode);
    if kind == FileType::Directory {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let directory = open_in_root(source, dot(path).as_bytes(), flags).map_err(&failed)?;
        let into = make_target(root, target, how)?;
        return moved(&Packing::Directory { directory, name: None }, into, &options);
    }
    if how.unpacks && kind == FileType::RegularFile {
        let open = || {
            let flags = OFlags::RDONLY | OFlags::NONBLOCK;
            open_in_root(source, path.as_bytes(), flags).map(File::from).map_err(&failed)
        };
        if is_archive(open()?) {
            let into = make_target(root, target, CopyHow { owner: None, ..how })?;
            let options = ExtractOptions { mode: how.mode, ..ExtractOptions::default() };
            return extract(open()?, into, &options).map(drop).map_err(|error| unpacked(&error));
        }
    }
    let (into, name) = place(root, target, name, how.owner)?;
    let (parent, file) = parent_of(source, path)?;
    moved(&Packing::Single { parent, file, name }, into, &options)
}

/// Makes a directory that a step wants; tells whether it is new.
pub(crate) fn make_directory(root: BorrowedFd<'_>, path: &str) -> Result<bool, BuildError> {
    let made = make_directories(root, path, None);
    Ok(made.map_err(BuildError::files("making the directory"))?.1)
}

fn make_target(root: BorrowedFd<'_>, target: &str, how: CopyHow) -> Result<OwnedFd, BuildError> {
    let failed = BuildError::files("making the destination");
    let (directory, is_new) = make_directories(root, target, how.owner).map_err(&failed)?;
    if let (true, Some(mode)) = (is_new, how.mode) {
        fchmod(&directory, Mode::from_raw_mode(mode)).map_err(&failed)?;
    }
    Ok(directory)
}

/// Finds the directory that a file goes into, and its name there.
fn place(
    root: BorrowedFd<'_>,
    target: &str,
    name: &str,
    owner: Option<(u32, u32)>,
) -> Result<(OwnedFd, Vec<u8>), BuildError> {
    let failed = BuildError::files("making the destination");
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    if target.ends_with('/') {
        let (into, _) = make_directories(root, target, owner).map_err(&failed)?;
        return Ok((into, name.into()));
    }
    match open_in_root(root, target.as_bytes(), flags) {
        Ok(into) => return Ok((into, name.into())),
        Err(Errno::NOENT | Errno::NOTDIR) => {}
        Err(errno) => return Err(failed(errno)),
    }
    let (above, name) = target.rsplit_once('/').unwrap_or(("", target));
    let (into, _) = make_directories(root, above, owner).map_err(&failed)?;
    Ok((into, name.into()))
}

/// Opens the directory that a source is really in: a link at the end of its path is followed.
fn parent_of(source: BorrowedFd<'_>, path: &str) -> Result<(OwnedFd, Vec<u8>), BuildError> {
    /// Links that lead to links. The kernel gives up at as many.
    const LINKS_MAX: usize = 40;
    let failed = BuildError::files("opening a source");
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        let (above, name) = path.rsplit_once('/').unwrap_or((".", &path));
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let above = if above.is_empty() { "/" } else { above };
        let parent = open_in_root(source, above.as_bytes(), flags).map_err(&failed)?;
        match rustix::fs::readlinkat(&parent, name, Vec::new()) {
            Err(Errno::INVAL) => return Ok((parent, name.as_bytes().to_vec())),
            Err(errno) => return Err(failed(errno)),
            Ok(link) => {
                let link = link.to_string_lossy().into_owned();
                path = if link.starts_with('/') { link } else { format!("{above}/{link}") };
            }
        }
    }
    Err(failed(Errno::LOOP))
}

fn moved(packing: &Packing, into: OwnedFd, options: &ExtractOptions) -> Result<(), BuildError> {
    transfer(packing, into, options).map_err(|error| match &error {
        TransferError::Pack(error) => unpacked(error),
        TransferError::Unpack(error) => unpacked(error),
    })
}

fn unpacked(error: &dyn std::error::Error) -> BuildError {
    BuildError::Step(with_causes(error))
}
