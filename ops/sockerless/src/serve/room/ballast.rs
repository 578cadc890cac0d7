//! The ballast: a file that takes room, so that there is some when it is deleted.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use anyhow::Context as _;
use rustix::{
    fs::{FallocateFlags, fallocate},
    io::Errno,
};

/// The file's name in the data directory.
const NAME: &str = "ballast";

/// The name of one that is not whole.
const DRAFT: &str = "ballast.tmp";

/// Written at once where the file system cannot allocate without writing.
const CHUNK_BYTES: usize = 1 << 20;

/// The ballast of a data directory.
#[derive(Debug)]
pub(super) struct Ballast {
    folder: PathBuf,
    bytes: u64,
    there_bytes: AtomicU64,
}

// === impl Ballast ===

impl Ballast {
    /// Finds the ballast in `folder`; one of another size than `bytes` is deleted, to be made anew.
    pub(super) fn find(folder: &Path, bytes: u64) -> anyhow::Result<Self> {
        let ballast = Self { folder: folder.to_owned(), bytes, there_bytes: AtomicU64::new(0) };
        remove(&ballast.path(DRAFT))?;
        match fs::metadata(ballast.path(NAME)) {
            Ok(found) if found.len() == bytes => {
                ballast.there_bytes.store(bytes, Ordering::Relaxed);
            }
            Ok(_) => remove(&ballast.path(NAME))?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).context("looking at the ballast"),
        }
        Ok(ballast)
    }

    /// Gives its size when it is there.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Gives the bytes that it takes now.
    pub(super) fn there_bytes(&self) -> u64 {
        self.there_bytes.load(Ordering::Relaxed)
    }

    /// Tells whether there is anything to delete.
    pub(super) fn is_there(&self) -> bool {
        self.there_bytes() > 0
    }

    /// Deletes it, and returns once its room can be used.
    pub(super) fn release(&self) -> anyhow::Result<u64> {
        remove(&self.path(NAME))?;
        // Some file systems give room back only with their next sync.
        File::open(&self.folder)
            .and_then(|folder| folder.sync_all())
            .context("syncing the data directory")?;
        Ok(self.there_bytes.swap(0, Ordering::Relaxed))
    }

    /// Makes it where it is not there. A file system that has not the room leaves nothing behind.
    pub(super) fn make(&self) -> anyhow::Result<()> {
        if self.there_bytes() == self.bytes {
            return Ok(());
        }
        let draft = self.path(DRAFT);
        let made = allocate(&draft, self.bytes).and_then(|()| fs::rename(&draft, self.path(NAME)));
        if let Err(error) = made {
            remove(&draft)?;
            return Err(error).context("allocating the ballast");
        }
        self.there_bytes.store(self.bytes, Ordering::Relaxed);
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Makes a file whose bytes are really there: a sparse one would give no room back.
fn allocate(path: &Path, bytes: u64) -> io::Result<()> {
    let mut file = File::create(path)?;
    match fallocate(&file, FallocateFlags::empty(), 0, bytes) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => write_zeros(&mut file, bytes)?,
        allocated => allocated?,
    }
    file.sync_all()
}

fn write_zeros(file: &mut File, bytes: u64) -> io::Result<()> {
    let zeros = vec![0; CHUNK_BYTES];
    let mut left = bytes;
    while left > 0 {
        let now = left.min(CHUNK_BYTES as u64);
        file.write_all(&zeros[..now as usize])?;
        left -= now;
    }
    Ok(())
}

fn remove(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed.with_context(|| format!("deleting {}", path.display())),
    }
}

#[cfg(test)]
mod tests;
