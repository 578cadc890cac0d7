//! Volumes: directories of a backend's own that outlive containers, and paths of its host.

use std::sync::Arc;

use async_trait::async_trait;
use journal_domain::{ContainerId, Digest, Volume, VolumeName};

use crate::{DiskUsage, EffectError};

/// What is to be done for a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeWork {
    /// The volume.
    pub volume: Arc<Volume>,
    /// What is to be copied into it, in this order, each only while it is empty.
    pub copies: Vec<VolumeCopy>,
}

/// What an image has at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeCopy {
    /// The container that it is copied for.
    pub container: ContainerId,
    /// The path in the image; where that has no directory, there is nothing to copy.
    pub target: String,
    /// The image's layers, lowest first.
    pub layers: Vec<Digest>,
}

/// Where a backend keeps volumes.
///
/// - Making a volume that is there, and removing one that is not, changes nothing.
/// - A copy that was cut short is begun anew by the next call, and what was there before it is never touched.
/// - What is not known to the log is never removed: it is somebody's data.
#[async_trait]
pub trait Volumes {
    /// Makes a volume's directory, and fills it.
    async fn make_volume(&self, work: &VolumeWork) -> Result<(), EffectError>;

    /// Removes a volume and everything in it.
    async fn remove_volume(&self, name: &VolumeName) -> Result<(), EffectError>;

    /// Names the directory of a volume's data as its users are told it; `None` where it is in none of this host.
    fn volume_path(&self, name: &VolumeName) -> Option<String>;

    /// Measures what is in a volume.
    async fn volume_usage(&self, name: &VolumeName) -> Result<DiskUsage, EffectError>;

    /// Tells whether there is something at a path of the host.
    async fn has_host_path(&self, path: &str) -> bool;
}
