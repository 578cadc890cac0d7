//! Files that are there whole or not at all, and private where they have to be.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use rustix::fs::{FlockOperation, flock};

use crate::AccessError;

/// Only its owner reads it.
pub(crate) const PRIVATE: u32 = 0o600;

/// Everybody may read it: it proves things and opens nothing.
pub(crate) const PUBLIC: u32 = 0o644;

/// Bits of a mode that let everybody read or write.
const EVERYBODY: u32 = 0o006;

/// What tells one state of a file from another.
///
/// A file that is replaced has another inode, one that is written in place another time or size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    inode: u64,
    size_bytes: u64,
    changed: (i64, i64),
}

/// Looks at a file; nothing where it is not there.
pub fn stamp(path: &Path) -> Option<Stamp> {
    let found = fs::metadata(path).ok()?;
    let changed = (found.ctime(), found.ctime_nsec());
    Some(Stamp { inode: found.ino(), size_bytes: found.size(), changed })
}

/// Checks that a secret is one. Its group may read it, as the groups of system keys do.
pub(crate) fn check_private(path: &Path) -> Result<(), AccessError> {
    let found = fs::metadata(path).map_err(failed("looking at", path))?;
    if found.mode() & EVERYBODY != 0 {
        return Err(AccessError::Readable(path.to_owned()));
    }
    Ok(())
}

/// Reads a file of text.
pub(crate) fn read(path: &Path) -> Result<String, AccessError> {
    fs::read_to_string(path).map_err(failed("reading", path))
}

/// Puts a file in place, whole and durable; what was there before is replaced.
pub(crate) fn put(path: &Path, text: &str, mode: u32) -> Result<(), AccessError> {
    let fresh = path.with_extension("fresh");
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = || -> io::Result<()> {
        // One that was left by a crash could have another mode.
        let _ = fs::remove_file(&fresh);
        let mut file = File::options().create_new(true).write(true).mode(mode).open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        File::open(folder)?.sync_all()
    };
    written().map_err(failed("writing", path))
}

/// Makes a directory for its owner alone, where it is missing.
pub(crate) fn make_folder(path: &Path) -> Result<(), AccessError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(failed("making the directory", path))
}

/// Keeps others from changing a directory until the lock is dropped.
pub(crate) fn lock(folder: &Path) -> Result<File, AccessError> {
    let file = File::open(folder).map_err(failed("opening", folder))?;
    let locked = flock(&file, FlockOperation::LockExclusive).map_err(io::Error::from);
    locked.map_err(failed("locking", folder))?;
    Ok(file)
}

/// Makes an error of the system one of ours.
pub(crate) fn failed(doing: &'static str, path: &Path) -> impl Fn(io::Error) -> AccessError {
    let path: PathBuf = path.to_owned();
    move |source| AccessError::Io { doing, path: path.clone(), source }
}
