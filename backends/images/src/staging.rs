//! Names for what is not finished: unique in a directory, and deleted when they are dropped or found at a start.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::remove::remove_entry;

/// Begins the name of everything that a start deletes.
const PREFIX: &str = ".tmp-";

/// The path of something unfinished. It is deleted with everything in it, unless it has been moved away.
#[derive(Debug)]
pub(crate) struct Staged {
    path: PathBuf,
}

impl Staged {
    /// Chooses a name in `dir` that nothing has.
    pub(crate) fn new(dir: &Path) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self { path: dir.join(format!("{PREFIX}{number}")) }
    }

    /// Gives the path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // What cannot be deleted now is deleted at the next start.
        drop(remove(&self.path));
    }
}

/// Deletes what an earlier process left unfinished in `dir`; gives how much it was.
pub(crate) fn sweep(dir: &Path) -> io::Result<usize> {
    let mut swept = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            remove(&entry.path())?;
            swept += 1;
        }
    }
    Ok(swept)
}

fn remove(path: &Path) -> io::Result<()> {
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => {
            let parent = fs::File::open(parent)?;
            remove_entry(parent, name.as_encoded_bytes()).map(drop)
        }
        _ => Ok(()),
    }
}
