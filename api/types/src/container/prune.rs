//! What a prune of containers has removed.

use serde::{Deserialize, Serialize};

/// The answer to a prune of containers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ContainersPruneResponse {
    /// The ids of containers that are gone; Docker says `null` where there are none.
    pub containers_deleted: Option<Vec<String>>,
    /// Bytes that their own files took.
    pub space_reclaimed: u64,
}
