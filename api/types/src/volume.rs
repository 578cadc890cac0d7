//! Wire types of the volume routes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Volume {
    /// When it was created, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// Driver.
    pub driver: String,
    /// Labels; `null` when there are none.
    pub labels: Option<BTreeMap<String, String>>,
    /// Path on the host.
    pub mountpoint: String,
    /// Name.
    pub name: String,
    /// Driver options; `null` when there are none.
    pub options: Option<BTreeMap<String, String>>,
    /// `local`.
    pub scope: String,
    /// Size and users, in a disk usage only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage_data: Option<VolumeUsage>,
}

/// Size and users of a volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct VolumeUsage {
    /// Containers that use it; -1 when not counted.
    pub ref_count: i64,
    /// Bytes; -1 when not counted.
    pub size: i64,
}

/// Body of `POST /volumes/create`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct VolumeCreateRequest {
    /// Name; one is made up when empty.
    pub name: String,
    /// Driver; empty means `local`.
    pub driver: String,
    /// Options of the driver.
    pub driver_opts: BTreeMap<String, String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// What a volume of a cluster shall be.
    pub cluster_volume_spec: Option<serde_json::Value>,
}

/// Answer of `GET /volumes`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct VolumeListResponse {
    /// Volumes.
    pub volumes: Vec<Volume>,
    /// What could not be asked; `null` when nothing.
    pub warnings: Option<Vec<String>>,
}

/// Answer of `POST /volumes/prune`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct VolumesPruneResponse {
    /// Names of the volumes that are gone.
    pub volumes_deleted: Vec<String>,
    /// Bytes that were in them.
    pub space_reclaimed: u64,
}
