//! The body of the record that gives up the beginning of the log.

use serde::{Deserialize, Serialize};

use crate::{Actor, Epoch, Hlc, RecordHash, Seq, Tail, Timestamp};

/// The records up to a place were given up. They are deleted only when this record is durable.
///
/// It says everything that the check of what is left has to begin with, so that the chain can be verified from the
/// record alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrimBodyV1 {
    /// When it was asked for.
    pub now: Timestamp,
    /// Who asked.
    pub actor: Actor,
    /// Why, in the words of whoever asked.
    pub reason: String,
    /// The last record that was given up; it ends a group.
    pub through: Seq,
    /// That record's hash, to which the first record that is left links.
    pub through_hash: RecordHash,
    /// That record's epoch.
    pub through_epoch: Epoch,
    /// That record's clock.
    pub through_clock: Hlc,
    /// The point of the snapshot that every replay can begin with from now on.
    pub snapshot: Seq,
    /// The hash of that snapshot's state.
    pub snapshot_state_hash: [u8; 32],
}

impl TrimBodyV1 {
    /// Returns the last record that was given up, as what is left begins after it.
    pub const fn begin(&self) -> Tail {
        Tail {
            seq: self.through,
            hash: self.through_hash,
            epoch: self.through_epoch,
            hlc: self.through_clock,
        }
    }
}
