//! What an owner does to the files beside the writing: giving up the beginning, and a copy of a moment.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use journal_log::{StoreError, Tail};
use rocksdb::checkpoint::Checkpoint;

use crate::durable::{At, FileError, create_folder, names_in, sync_folder};
use crate::store::Store;

/// The right to tend the files of an open journal. Cheap to clone; the database stays open as long as one lives.
#[derive(Clone)]
pub struct Upkeep {
    store: Arc<Store>,
    database: PathBuf,
    /// One thing at a time: a copy must not lose to a trim what it is about to link.
    turn: Arc<Mutex<()>>,
}

/// Bytes of a database's files before and after something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Before.
    pub before_bytes: u64,
    /// After.
    pub after_bytes: u64,
}

impl Upkeep {
    pub(crate) fn new(store: Arc<Store>, database: PathBuf) -> Self {
        Self { store, database, turn: Arc::default() }
    }

    /// Deletes the records up to `begin`, of which the log has to say so already, and gives their room back.
    ///
    /// After an error the process has to end, as after one of an append.
    pub fn trim(&self, begin: Tail) -> Result<Sizes, StoreError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let before_bytes = bytes_of(&self.database)?;
        self.store.trim(begin)?;
        Ok(Sizes { before_bytes, after_bytes: bytes_of(&self.database)? })
    }

    /// Makes a copy of the database in `folder`, as it is at one moment, and has `beside` copy what goes with it.
    ///
    /// Sorted files are linked where `folder` is on the same volume, and copied where it is not. The copy has no
    /// witness: whoever restores it makes a new one.
    pub fn copy_to(
        &self,
        folder: &Path,
        beside: impl FnOnce() -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        create_folder(folder)?;
        self.store.checkpoint(&folder.join("db"))?;
        sync_folder(folder)?;
        beside()
    }
}

impl Store {
    /// Makes a copy of the present moment under `path`, where nothing is yet; it is durable on return.
    fn checkpoint(&self, path: &Path) -> Result<(), rocksdb::Error> {
        // What is in memory is written first, so that the copy depends on no log.
        self.flush()?;
        Checkpoint::new(self.database())?.create_checkpoint(path)
    }
}

/// Counts the bytes of a folder's files.
pub(crate) fn bytes_of(folder: &Path) -> Result<u64, FileError> {
    let mut bytes = 0;
    for name in names_in(folder)? {
        let path = folder.join(&name);
        match fs::metadata(&path) {
            // RocksDB may have removed it since.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            metadata => bytes += metadata.at("look at", &path)?.len(),
        }
    }
    Ok(bytes)
}

impl std::fmt::Debug for Upkeep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upkeep").field("database", &self.database).finish_non_exhaustive()
    }
}
