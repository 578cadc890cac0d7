//! The body of the record that keeps older releases out.

use serde::{Deserialize, Serialize};

/// What follows cannot be read by releases older than the one named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionBarrierBodyV1 {
    /// The oldest release that may go on, as `major.minor.patch`.
    pub min_binary: String,
}
