//! The directory of one incarnation of a container.

use std::path::{Path, PathBuf};

/// The directory of one incarnation and the names in it.
///
/// The shim holds an exclusive `flock` on [`Self::lock`] from before `start.json` until after it has cleaned up, so a
/// server that can take the lock knows that no shim lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDir {
    path: PathBuf,
}

impl RunDir {
    /// Names the directory; nothing is touched.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Returns the directory itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the file the shim keeps locked.
    pub fn lock(&self) -> PathBuf {
        self.path.join("lock")
    }

    /// Returns the socket, mode 0600.
    pub fn socket(&self) -> PathBuf {
        self.path.join("shim.sock")
    }

    /// Returns the place of the [`crate::StartRecord`].
    pub fn start_record(&self) -> PathBuf {
        self.path.join("start.json")
    }

    /// Returns the place of the [`crate::ExitRecord`].
    pub fn exit_record(&self) -> PathBuf {
        self.path.join("exit.json")
    }

    /// Returns the directory of the files that are bound into the container.
    pub fn files(&self) -> PathBuf {
        self.path.join("files")
    }
}
