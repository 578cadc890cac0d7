//! Snapshots in memory: the model of [`SnapshotStore`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{Seq, SnapshotError, SnapshotManifest, SnapshotStore};

/// A store of snapshots that its clones share, so that a clone stands for a later opening.
#[derive(Debug, Clone, Default)]
pub struct MemorySnapshots(Arc<Mutex<BTreeMap<Seq, Stored>>>);

#[derive(Debug)]
struct Stored {
    manifest: SnapshotManifest,
    state: Vec<u8>,
    is_damaged: bool,
}

impl MemorySnapshots {
    /// Damages the snapshot of `seq`, as a failing disk would: it is listed, but cannot be loaded.
    pub fn damage(&self, seq: Seq) {
        if let Some(stored) = self.stored().get_mut(&seq) {
            stored.is_damaged = true;
        }
    }

    // A panic elsewhere has left nothing half done, so poison is passed over.
    fn stored(&self) -> MutexGuard<'_, BTreeMap<Seq, Stored>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SnapshotStore for MemorySnapshots {
    fn save(&self, manifest: &SnapshotManifest, state: &[u8]) -> Result<(), SnapshotError> {
        manifest.check_size(state)?;
        let stored =
            Stored { manifest: manifest.clone(), state: state.to_vec(), is_damaged: false };
        self.stored().insert(manifest.seq, stored);
        Ok(())
    }

    fn manifests(&self) -> Result<Vec<SnapshotManifest>, SnapshotError> {
        Ok(self.stored().values().rev().map(|stored| stored.manifest.clone()).collect())
    }

    fn load(&self, manifest: &SnapshotManifest) -> Result<Vec<u8>, SnapshotError> {
        let seq = manifest.seq;
        let stored = self.stored();
        let found = stored.get(&seq).filter(|stored| stored.manifest == *manifest);
        let found = found.ok_or(SnapshotError::Missing { seq })?;
        if found.is_damaged {
            return Err(SnapshotError::Damaged { seq, reason: "it is made to be".to_owned() });
        }
        Ok(found.state.clone())
    }

    fn remove(&self, manifest: &SnapshotManifest) -> Result<(), SnapshotError> {
        self.stored().remove(&manifest.seq);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
