//! Commands about volumes.

use serde::{Deserialize, Serialize};

use crate::{ContainerId, Volume, VolumeName, registry::payloads};

payloads! {
    /// A command about a volume.
    pub enum VolumeCommand {
        /// `docker volume create`.
        0x01d0 v 1 => Create(CreateVolume),
        /// `docker volume rm`.
        0x01d1 v 1 => Remove(RemoveVolume),
        /// A backend has made its directory, and filled it.
        0x01d2 v 1 => ObserveReady(ObserveVolumeReady),
        /// A backend has nothing of it any more.
        0x01d3 v 1 => ObserveRemoved(ObserveVolumeRemoved),
        /// `docker volume prune` is done.
        0x01d4 v 1 => RecordPrune(RecordVolumePrune),
    }
}

/// Asks for a volume. One of that name that is there will do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateVolume {
    /// What it shall be.
    pub volume: Volume,
}

/// Asks for a volume to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoveVolume {
    /// Which volume.
    pub name: String,
}

/// Tells that a volume's directory is there, and which copies into it are done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveVolumeReady {
    /// The volume.
    pub name: VolumeName,
    /// Containers and their paths whose content it had to be given.
    pub copied: Vec<(ContainerId, String)>,
}

/// Tells that nothing is left of a volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveVolumeRemoved {
    /// The volume.
    pub name: VolumeName,
}

/// Tells what a prune of volumes has removed; each removal is a record of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordVolumePrune {
    /// How many volumes are gone.
    pub volumes: u64,
    /// Bytes that were in them.
    pub reclaimed_bytes: u64,
}
