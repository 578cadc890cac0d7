//! What happened to volumes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{ContainerId, Volume, VolumeName, registry::payloads};

payloads! {
    /// An event of a volume.
    pub enum VolumeEvent {
        /// It is wanted; its directory has still to be made.
        0x02d0 v 1 => Created(VolumeCreated),
        /// Its directory is there.
        0x02d1 v 1 => Ready(VolumeReady),
        /// It shall go.
        0x02d2 v 1 => RemovalRequested(VolumeRemovalRequested),
        /// It is gone.
        0x02d3 v 1 => Removed(VolumeRemoved),
        /// Several were removed together.
        0x02d4 v 1 => Pruned(VolumesPruned),
        /// A container's volumes without a name go with it.
        0x02d5 v 1 => Doomed(VolumesDoomed),
    }
}

/// A volume is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeCreated {
    /// What it is.
    pub volume: Arc<Volume>,
}

/// A volume's directory is there, and these copies into it are done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeReady {
    /// The volume.
    pub name: VolumeName,
    /// Containers and their paths whose content it had to be given.
    pub copied: Vec<(ContainerId, String)>,
}

/// A volume shall go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeRemovalRequested {
    /// The volume.
    pub name: VolumeName,
}

/// A volume is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeRemoved {
    /// The volume.
    pub name: VolumeName,
}

/// Volumes that nobody used were removed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumesPruned {
    /// How many.
    pub volumes: u64,
    /// Bytes that were in them.
    pub reclaimed_bytes: u64,
}

/// The volumes that have no name and that only this container uses go with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumesDoomed {
    /// The container.
    pub container: ContainerId,
}
