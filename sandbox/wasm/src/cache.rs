//! What was compiled, kept by the digest of the file it was made of.
//!
//! ```text
//! <engine's fingerprint>/<digest of the file>/lock
//! <engine's fingerprint>/<digest of the file>/<digest of what was made of it>
//! ```
//!
//! What is found is run as it is, so it has to be what was written: the directory is the server's alone, a name is given to
//! whole and synced files only, and the name is the digest of the contents, which is looked at each time. What does not
//! agree with its name is removed, and made anew.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Seek as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{FlockOperation, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, flock, futimens};
use sha2::{Digest as _, Sha256};

/// Bytes of all that is kept; what was not used for the longest time goes first.
///
/// A large interpreter takes a tenth of a gigabyte, most programs a hundredth of that.
pub const CACHE_BYTES_MAX: u64 = 4 << 30;

/// The name of an entry's lock.
const LOCK: &str = "lock";

/// What the names of files begin with that are not whole yet.
const UNFINISHED: &str = ".new-";

/// Hexadecimal digits of a digest.
const DIGEST_DIGITS: usize = 64;

/// Bytes read at once.
const CHUNK_BYTES: usize = 1 << 20;

/// The mode of directories: only the server's user may enter.
const PRIVATE: u32 = 0o700;

/// What was compiled by one engine.
#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
    own: PathBuf,
}

/// The place of what is made of one file.
#[derive(Debug)]
pub struct Entry {
    dir: PathBuf,
    cache: Cache,
}

/// Held while something is compiled, so that nobody else does.
#[derive(Debug)]
pub(crate) struct Held {
    _lock: File,
}

// === impl Cache ===

impl Cache {
    /// Opens the cache below `root` of the engine with this fingerprint.
    pub fn new(root: &Path, fingerprint: &str) -> Self {
        Self { root: root.to_owned(), own: root.join(fingerprint) }
    }

    /// Gives the place of what is made of `file`.
    pub fn entry(&self, file: &[u8]) -> Entry {
        let digest = hex::encode(Sha256::digest(file));
        Entry { dir: self.own.join(digest), cache: self.clone() }
    }

    /// Removes what was not used for the longest time until the rest takes no more than `limit_bytes`.
    pub fn trim(&self, limit_bytes: u64) -> io::Result<()> {
        let mut kept = Vec::new();
        for engine in subdirectories(&self.root)? {
            for entry in subdirectories(&engine)? {
                for path in files(&entry)? {
                    let metadata = fs::metadata(&path)?;
                    kept.push((metadata.modified()?, metadata.len(), entry.clone()));
                }
            }
        }
        let mut total: u64 = kept.iter().map(|(_, bytes, _)| bytes).sum();
        kept.sort_by_key(|(used, _, _): &(SystemTime, u64, PathBuf)| *used);
        for (_, bytes, entry) in kept {
            if total <= limit_bytes {
                break;
            }
            // One that is being made has its lock held, and stays.
            if remove(&entry)? {
                total -= bytes;
            }
        }
        Ok(())
    }
}

// === impl Entry ===

impl Entry {
    /// Gives what was made of the file, if it is there and whole.
    pub fn find(&self) -> Option<File> {
        for path in files(&self.dir).ok()? {
            match checked(&path) {
                Ok(Some(file)) => {
                    // Only the order in which entries go depends on it.
                    let _ = futimens(&file, &NOW);
                    return Some(file);
                }
                Ok(None) | Err(_) => drop(fs::remove_file(&path)),
            }
        }
        None
    }

    /// Waits until nobody else compiles the file, and keeps others from it.
    pub(crate) fn hold(&self) -> io::Result<Held> {
        DirBuilder::new().recursive(true).mode(PRIVATE).create(&self.dir)?;
        let lock = open_lock(&self.dir)?;
        flock(&lock, FlockOperation::LockExclusive)?;
        Ok(Held { _lock: lock })
    }

    /// Keeps what was made of the file; it is whole and on disk once it has its name.
    pub fn keep(&self, made: &[u8]) -> io::Result<File> {
        DirBuilder::new().recursive(true).mode(PRIVATE).create(&self.dir)?;
        for path in unfinished(&self.dir)? {
            // Its writer has died: who writes holds the lock.
            drop(fs::remove_file(path));
        }
        let name = hex::encode(Sha256::digest(made));
        let new = self.dir.join(format!("{UNFINISHED}{name}"));
        let mut file = File::create(&new)?;
        file.write_all(made)?;
        file.sync_all()?;
        fs::rename(&new, self.dir.join(&name))?;
        File::open(&self.dir)?.sync_all()?;
        self.cache.trim(CACHE_BYTES_MAX)?;
        // Not the one that was written: whoever gets it shall not write.
        File::open(self.dir.join(&name))
    }
}

const NOW: Timestamps = Timestamps {
    last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT as _ },
    last_modification: Timespec { tv_sec: 0, tv_nsec: UTIME_NOW as _ },
};

/// Opens a file whose name is its digest; nothing where it is not.
fn checked(path: &Path) -> io::Result<Option<File>> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match file.read(&mut chunk)? {
            0 => break,
            count => hasher.update(&chunk[..count]),
        }
    }
    // Whoever gets it reads it from its beginning.
    file.rewind()?;
    let name = path.file_name().unwrap_or_default();
    Ok((name == hex::encode(hasher.finalize()).as_str()).then_some(file))
}

fn open_lock(entry: &Path) -> io::Result<File> {
    File::options().write(true).create(true).truncate(false).open(entry.join(LOCK))
}

fn remove(entry: &Path) -> io::Result<bool> {
    let lock = open_lock(entry)?;
    if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
        return Ok(false);
    }
    // Whoever waits for the lock finds nothing, compiles, and keeps it in a new place.
    fs::remove_dir_all(entry)?;
    Ok(true)
}

/// Gives the files of an entry that have the name of a digest.
fn files(entry: &Path) -> io::Result<Vec<PathBuf>> {
    let is_digest = |name: &str| name.len() == DIGEST_DIGITS && !name.starts_with('.');
    named(entry, is_digest)
}

fn unfinished(entry: &Path) -> io::Result<Vec<PathBuf>> {
    named(entry, |name| name.starts_with(UNFINISHED))
}

fn named(dir: &Path, is_wanted: impl Fn(&str) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(&is_wanted) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

fn subdirectories(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = named(dir, |_| true)?;
    found.retain(|path| path.is_dir());
    Ok(found)
}
