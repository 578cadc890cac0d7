//! What a store of snapshots promises.

use serde::{Deserialize, Serialize};

use crate::{RecordHash, Seq, StoreError};

/// Serialised states, a cache that bounds replay: losing all of them costs time and nothing else.
///
/// - `save` returns once the snapshot is durable; it is there whole or not at all. Saving a point again
///   replaces what was there.
/// - `manifests` gives what is there, newest point first; what is damaged beyond naming is left out.
/// - `load` gives exactly the bytes that were saved, or an error: never other bytes.
/// - `remove` of what is not there is no error.
pub trait SnapshotStore: Send + Sync {
    /// Makes `state` durable under `manifest`, whose size is the state's.
    fn save(&self, manifest: &SnapshotManifest, state: &[u8]) -> Result<(), SnapshotError>;

    /// Lists what is there, newest first.
    fn manifests(&self) -> Result<Vec<SnapshotManifest>, SnapshotError>;

    /// Returns the state saved under `manifest`.
    fn load(&self, manifest: &SnapshotManifest) -> Result<Vec<u8>, SnapshotError>;

    /// Gives the snapshot up.
    fn remove(&self, manifest: &SnapshotManifest) -> Result<(), SnapshotError>;
}

/// What a snapshot is a snapshot of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotManifest {
    /// The last record that the state has folded.
    pub seq: Seq,
    /// That record's hash; a snapshot of another history does not match.
    pub record_hash: RecordHash,
    /// The state's hash.
    pub state_hash: [u8; 32],
    /// The schema of the serialised form; another schema's snapshot is of no use.
    pub schema: u32,
    /// The version of the program that wrote it.
    pub binary: String,
    /// Bytes of the serialised state.
    pub size_bytes: u64,
}

impl SnapshotManifest {
    /// Checks that the manifest speaks of as many bytes as `state` has.
    pub fn check_size(&self, state: &[u8]) -> Result<(), SnapshotError> {
        let found_bytes = state.len() as u64;
        if self.size_bytes == found_bytes {
            return Ok(());
        }
        Err(SnapshotError::Size { seq: self.seq, expected_bytes: self.size_bytes, found_bytes })
    }
}

/// Why a snapshot cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// There is no such snapshot.
    #[error("there is no snapshot of record {seq}")]
    Missing {
        /// Its point.
        seq: Seq,
    },
    /// The snapshot is not what was saved.
    #[error("the snapshot of record {seq} is damaged: {reason}")]
    Damaged {
        /// Its point.
        seq: Seq,
        /// What does not match.
        reason: String,
    },
    /// The manifest does not speak of the state it came with.
    #[error(
        "the manifest of record {seq} says {expected_bytes} bytes, the state has {found_bytes}"
    )]
    Size {
        /// Its point.
        seq: Seq,
        /// The manifest's size.
        expected_bytes: u64,
        /// The state's size.
        found_bytes: u64,
    },
    /// The store failed.
    #[error("the snapshot store failed")]
    Store(#[source] StoreError),
}
