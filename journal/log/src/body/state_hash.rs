//! The body of the record that pins the state down.

use serde::{Deserialize, Serialize};

use crate::Seq;

/// The state's hash at a point. A replay that comes to another one has found a fault of determinism.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateHashBodyV1 {
    /// The last record that the state has folded.
    pub seq: Seq,
    /// The state's hash.
    pub state_hash: [u8; 32],
}
