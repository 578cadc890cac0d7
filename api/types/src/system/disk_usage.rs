//! `GET /system/df`.

use serde::{Deserialize, Serialize};

use crate::container::ContainerSummary;
use crate::image::ImageSummary;
use crate::volume::Volume;

/// What takes space.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct DiskUsage {
    /// Bytes of all layers, each counted once.
    pub layers_size: i64,
    /// Images.
    pub images: Vec<ImageSummary>,
    /// Containers.
    pub containers: Vec<ContainerSummary>,
    /// Volumes.
    pub volumes: Vec<Volume>,
    /// Build cache.
    pub build_cache: Vec<serde_json::Value>,
}
