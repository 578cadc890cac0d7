//! What a prune of containers has removed, and what a container has changed.

use serde::{Deserialize, Serialize};

/// One change of a container's files (`GET /containers/{id}/changes`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ContainerChange {
    /// The path, from the root.
    pub path: String,
    /// 0 for another one, 1 for a new one, 2 for one that is gone.
    pub kind: u8,
}

/// The answer to a prune of containers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ContainersPruneResponse {
    /// The ids of containers that are gone; Docker says `null` where there are none.
    pub containers_deleted: Option<Vec<String>>,
    /// Bytes that their own files took.
    pub space_reclaimed: u64,
}
