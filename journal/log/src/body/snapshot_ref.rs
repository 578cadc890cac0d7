//! The body of the record that names a snapshot.

use serde::{Deserialize, Serialize};

use crate::{RecordHash, Seq};

/// A snapshot of the state was written and can be found by its point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotRefBodyV1 {
    /// The last record that the state has folded.
    pub seq: Seq,
    /// That record's hash.
    pub record_hash: RecordHash,
    /// The state's hash.
    pub state_hash: [u8; 32],
    /// The schema of the state's serialised form.
    pub schema: u32,
    /// Bytes of the serialised state.
    pub size_bytes: u64,
}
