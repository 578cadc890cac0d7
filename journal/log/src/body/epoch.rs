//! The body of the record that an opening begins with.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// A process opened the journal for writing. Records of an older epoch cannot follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochBodyV1 {
    /// When it was opened.
    pub now: Timestamp,
    /// The host's name.
    pub node: String,
    /// The kernel's boot id, which tells a restarted process from a restarted host.
    pub boot: String,
    /// The program's version.
    pub binary: String,
    /// The journal's identity, kept over restarts and backups.
    pub cluster: [u8; 16],
    /// What the opening had to mend or drop, a sentence each; empty where all was well.
    pub recovery: Vec<String>,
}
