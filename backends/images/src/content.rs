//! The content store: blobs under the digest of their bytes, `blobs/sha256/<hex>`.
//!
//! A blob is written under a temporary name and hashed meanwhile, synced, and moved to its name; the directory is
//! synced before anybody is told. So a blob that has its name is whole and durable.

use std::{
    fs::{self, File},
    io::{self, Write},
    num::NonZeroU64,
    path::{Path, PathBuf},
};

use rustix::fs::Advice;

use crate::{
    digest::{Digest, Hasher},
    lease::{Lease, Leases, Mark},
    staging::{Staged, sweep},
    store_error::StoreError,
};

/// Bytes after which the system is told to begin writing: a few tenths of a second of a disk, so that it works while the
/// rest of a large blob still comes, and the sync at the end finds little left to do.
const WRITEBACK_BYTES: u64 = 8 * 1024 * 1024;

/// The store of blobs.
#[derive(Debug)]
pub struct ContentStore {
    dir: PathBuf,
    leases: Leases,
}

/// A blob that is being written. Dropped, it is gone.
#[derive(Debug)]
pub struct BlobWriter {
    file: File,
    staged: Staged,
    hasher: Hasher,
    size_bytes: u64,
    /// Bytes of which the system was told to begin writing them.
    begun_bytes: u64,
}

/// A blob that is written and has no name yet. Dropped, it is gone.
#[derive(Debug)]
pub struct StagedBlob {
    staged: Staged,
    digest: Digest,
    size_bytes: u64,
}

impl ContentStore {
    /// Opens the store in `dir`, made where it is missing, and deletes what was left unfinished.
    pub(crate) fn open(dir: &Path, leases: Leases) -> Result<Self, StoreError> {
        let dir = dir.join("sha256");
        fs::create_dir_all(&dir).map_err(StoreError::of("creating", &dir))?;
        sweep(&dir).map_err(StoreError::of("sweeping", &dir))?;
        Ok(Self { dir, leases })
    }

    /// Begins a blob.
    pub fn write(&self) -> Result<BlobWriter, StoreError> {
        let staged = Staged::new(&self.dir);
        let file = File::create_new(staged.path());
        let file = file.map_err(StoreError::of("creating", staged.path()))?;
        Ok(BlobWriter { file, staged, hasher: Hasher::default(), size_bytes: 0, begun_bytes: 0 })
    }

    /// Makes written blobs durable under their digests, and holds them.
    pub fn commit(&self, blobs: &[&StagedBlob], lease: &Lease) -> Result<(), StoreError> {
        for blob in blobs {
            lease.hold(blob.digest);
            let path = self.path(blob.digest);
            if path.exists() {
                continue;
            }
            let synced = blob.open()?.sync_all();
            synced.map_err(StoreError::of("syncing", &path))?;
            fs::rename(blob.staged.path(), &path).map_err(StoreError::of("naming", &path))?;
        }
        let dir = File::open(&self.dir).and_then(|dir| dir.sync_all());
        dir.map_err(StoreError::of("syncing", &self.dir))
    }

    /// Stores `bytes` and holds them.
    pub fn put(&self, bytes: &[u8], lease: &Lease) -> Result<Digest, StoreError> {
        let mut writer = self.write()?;
        writer.write_all(bytes).map_err(StoreError::of("writing", writer.staged.path()))?;
        let blob = writer.finish();
        self.commit(&[&blob], lease)?;
        Ok(blob.digest)
    }

    /// Opens a blob; `None` when it is not here.
    pub fn open_blob(&self, digest: Digest) -> Result<Option<File>, StoreError> {
        let path = self.path(digest);
        present(File::open(&path)).map_err(StoreError::of("opening", &path))
    }

    /// Reads a small blob; `None` when it is not here.
    pub(crate) fn read(&self, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.path(digest);
        present(fs::read(&path)).map_err(StoreError::of("reading", &path))
    }

    /// Gives the bytes of a blob; `None` when it is not here.
    pub fn size_bytes(&self, digest: Digest) -> Result<Option<u64>, StoreError> {
        let path = self.path(digest);
        let found = present(fs::metadata(&path)).map_err(StoreError::of("opening", &path))?;
        Ok(found.map(|found| found.len()))
    }

    /// Gives the digests of all blobs.
    pub fn list(&self) -> Result<Vec<Digest>, StoreError> {
        let failed = StoreError::of("listing", &self.dir);
        let mut digests = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(&failed)? {
            let name = entry.map_err(&failed)?.file_name();
            digests.extend(name.to_str().and_then(|name| Digest::from_hex(name).ok()));
        }
        digests.sort_unstable();
        Ok(digests)
    }

    /// Deletes a blob that nothing refers to, and gives its bytes; `None` when it is held or not here.
    pub fn remove(&self, digest: Digest) -> Result<Option<u64>, StoreError> {
        self.remove_unless_used(digest, self.leases.mark())
    }

    /// Does the same, but leaves the blob when a transfer has held it since `mark`.
    pub fn remove_unless_used(
        &self,
        digest: Digest,
        mark: Mark,
    ) -> Result<Option<u64>, StoreError> {
        let path = self.path(digest);
        let Some(size_bytes) = self.size_bytes(digest)? else { return Ok(None) };
        let remove = || present(fs::remove_file(&path));
        let removed = self.leases.unless_held(digest, mark, remove);
        let removed = removed.transpose().map_err(StoreError::of("removing", &path))?;
        Ok(removed.flatten().map(|()| size_bytes))
    }

    /// Makes the error of an action on the store as a whole.
    pub(crate) fn failed(&self, action: &'static str, source: io::Error) -> StoreError {
        StoreError::of(action, &self.dir)(source)
    }

    fn path(&self, digest: Digest) -> PathBuf {
        self.dir.join(digest.to_hex())
    }
}

impl BlobWriter {
    /// Ends the blob.
    pub fn finish(self) -> StagedBlob {
        let Self { staged, hasher, size_bytes, .. } = self;
        StagedBlob { staged, digest: hasher.finish(), size_bytes }
    }

    /// Has the system begin to write what is complete. What is not on the disk yet also stays in memory, to be read.
    fn begin_writeback(&mut self) {
        let Some(length) = NonZeroU64::new(self.size_bytes - self.begun_bytes) else { return };
        if length.get() >= WRITEBACK_BYTES {
            // Only advice: where it is not taken, the sync at the end does all of it.
            let begun = self.begun_bytes;
            let _ = rustix::fs::fadvise(&self.file, begun, Some(length), Advice::DontNeed);
            self.begun_bytes = self.size_bytes;
        }
    }
}

impl Write for BlobWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.size_bytes += written as u64;
        self.begin_writeback();
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl StagedBlob {
    /// Gives the digest of the bytes that were written.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// Gives the number of bytes.
    pub const fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Opens the blob for reading, from its first byte.
    pub(crate) fn open(&self) -> Result<File, StoreError> {
        let path = self.staged.path();
        File::open(path).map_err(StoreError::of("opening", path))
    }

    /// Makes the error of an action on this blob.
    pub(crate) fn failed(&self, action: &'static str, source: io::Error) -> StoreError {
        StoreError::of(action, self.staged.path())(source)
    }
}

/// Takes "there is none" out of the errors.
pub(crate) fn present<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
