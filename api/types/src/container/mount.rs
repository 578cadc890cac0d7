//! A mount as a create request asks for it (`Mount` of moby's `api/types/mount`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::go_value::is_zero;

/// A mount in the structured form of `HostConfig.Mounts`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Mount {
    /// `bind`, `volume`, `tmpfs`, or a kind that other servers know.
    #[serde(rename = "Type", skip_serializing_if = "is_zero")]
    pub kind: String,
    /// A path of the host, or a volume's name.
    #[serde(skip_serializing_if = "is_zero")]
    pub source: String,
    /// Path in the container.
    #[serde(skip_serializing_if = "is_zero")]
    pub target: String,
    /// Whether writes are refused.
    #[serde(skip_serializing_if = "is_zero")]
    pub read_only: bool,
    /// How changes get through; means nothing on Linux.
    #[serde(skip_serializing_if = "is_zero")]
    pub consistency: String,
    /// For binds only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bind_options: Option<MountBindOptions>,
    /// For volumes only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume_options: Option<MountVolumeOptions>,
    /// For file systems in memory only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tmpfs_options: Option<MountTmpfsOptions>,
}

/// How a path of the host is mounted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct MountBindOptions {
    /// Mount propagation.
    #[serde(skip_serializing_if = "is_zero")]
    pub propagation: String,
    /// Whether what is mounted below the source stays outside.
    #[serde(skip_serializing_if = "is_zero")]
    pub non_recursive: bool,
    /// Whether a missing source is made.
    #[serde(skip_serializing_if = "is_zero")]
    pub create_mountpoint: bool,
    /// Whether what is mounted below can be written to (API 1.44).
    #[serde(skip_serializing_if = "is_zero")]
    pub read_only_non_recursive: bool,
    /// Whether all of it must refuse writes (API 1.44).
    #[serde(skip_serializing_if = "is_zero")]
    pub read_only_force_recursive: bool,
}

/// How a volume is mounted, and made where it is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct MountVolumeOptions {
    /// Whether what the image has at the target is left out.
    #[serde(skip_serializing_if = "is_zero")]
    pub no_copy: bool,
    /// Labels of a new volume.
    #[serde(skip_serializing_if = "is_zero")]
    pub labels: BTreeMap<String, String>,
    /// Path in the volume (API 1.45).
    #[serde(skip_serializing_if = "is_zero")]
    pub subpath: String,
    /// Driver of a new volume.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver_config: Option<MountDriver>,
}

/// A volume's driver and its options.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct MountDriver {
    /// Driver; empty means `local`.
    #[serde(skip_serializing_if = "is_zero")]
    pub name: String,
    /// Options of the driver.
    #[serde(skip_serializing_if = "is_zero")]
    pub options: BTreeMap<String, String>,
}

/// What a file system in memory is like.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct MountTmpfsOptions {
    /// Size in bytes; zero means half of the memory.
    #[serde(skip_serializing_if = "is_zero")]
    pub size_bytes: i64,
    /// Permissions.
    #[serde(skip_serializing_if = "is_zero")]
    pub mode: u32,
    /// Further options: a word, or a name and a value (API 1.46).
    #[serde(skip_serializing_if = "is_zero")]
    pub options: Vec<Vec<String>>,
}
