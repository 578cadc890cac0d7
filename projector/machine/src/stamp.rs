//! Where and when an event came into the log.

use journal_log::{Seq, Timestamp};
use serde::{Deserialize, Serialize};

/// The record that an event came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// The record's place. Several events of one record share it.
    pub seq: Seq,
    /// The time that the decision was given. It never goes back from record to record.
    pub at: Timestamp,
}
