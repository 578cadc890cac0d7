//! Wire types of the image routes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::container::{ContainerConfig, GraphDriverData};
use crate::go_value::is_zero;

/// Everything about one image (`GET /images/{name}/json`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ImageInspectResponse {
    /// Id, `sha256:…`.
    pub id: String,
    /// Tags as `name:tag`.
    pub repo_tags: Vec<String>,
    /// Digests as `name@sha256:…`.
    pub repo_digests: Vec<String>,
    /// Id of the image it was built from.
    pub parent: String,
    /// Comment of the commit.
    pub comment: String,
    /// When it was made, RFC 3339; left out when its configuration does not say.
    #[serde(skip_serializing_if = "is_zero")]
    pub created: String,
    /// Version of the builder.
    pub docker_version: String,
    /// Author.
    pub author: String,
    /// Defaults for its containers.
    pub config: ContainerConfig,
    /// Architecture in Go's words.
    pub architecture: String,
    /// Variant of the architecture.
    #[serde(skip_serializing_if = "is_zero")]
    pub variant: String,
    /// Operating system.
    pub os: String,
    /// Version of a Windows image.
    #[serde(skip_serializing_if = "is_zero")]
    pub os_version: String,
    /// Bytes of its layers.
    pub size: i64,
    /// The same, for clients before API 1.44.
    #[serde(skip_serializing_if = "is_zero")]
    pub virtual_size: i64,
    /// Storage driver's own data.
    pub graph_driver: GraphDriverData,
    /// Layers.
    #[serde(rename = "RootFS")]
    pub root_fs: RootFs,
    /// What this server knows of it.
    pub metadata: ImageMetadata,
}

/// Layers of an image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct RootFs {
    /// `layers`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// Digests of the unpacked layers, lowest first.
    #[serde(skip_serializing_if = "is_zero")]
    pub layers: Vec<String>,
}

/// What a server knows of an image beside its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ImageMetadata {
    /// Last time it was tagged, RFC 3339.
    pub last_tag_time: String,
}

/// One line of the list of images (`GET /images/json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ImageSummary {
    /// Containers that use it; -1 when not counted.
    pub containers: i64,
    /// Seconds since the Unix epoch.
    pub created: i64,
    /// Id, `sha256:…`.
    pub id: String,
    /// Labels; `null` when there are none.
    pub labels: Option<BTreeMap<String, String>>,
    /// Id of the image it was built from.
    pub parent_id: String,
    /// Digests as `name@sha256:…`.
    pub repo_digests: Vec<String>,
    /// Tags as `name:tag`.
    pub repo_tags: Vec<String>,
    /// Bytes shared with other images; -1 when not counted.
    pub shared_size: i64,
    /// Bytes of its layers.
    pub size: i64,
    /// The same, for clients before API 1.44.
    #[serde(skip_serializing_if = "is_zero")]
    pub virtual_size: i64,
}

/// One step of a removal: either a tag went or an image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ImageDeleteItem {
    /// Tag that went.
    #[serde(skip_serializing_if = "is_zero")]
    pub untagged: String,
    /// Image that went.
    #[serde(skip_serializing_if = "is_zero")]
    pub deleted: String,
}

/// What a prune of images removed (`POST /images/prune`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ImagesPruneResponse {
    /// What went; `null` when nothing did.
    pub images_deleted: Option<Vec<ImageDeleteItem>>,
    /// Bytes of the layers that went.
    pub space_reclaimed: u64,
}

/// One step in an image's history (`GET /images/{name}/history`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct HistoryItem {
    /// Image id, or `<missing>`.
    pub id: String,
    /// Seconds since the Unix epoch.
    pub created: i64,
    /// Command that made it.
    pub created_by: String,
    /// Tags; `null` when there are none.
    pub tags: Option<Vec<String>>,
    /// Bytes of its layer.
    pub size: i64,
    /// Comment.
    pub comment: String,
}

/// What a prune of the build cache removed (`POST /build/prune`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct BuildPruneResponse {
    /// Ids of what went; `null` when nothing did.
    pub caches_deleted: Option<Vec<String>>,
    /// Bytes of the layers that went.
    pub space_reclaimed: u64,
}

impl Default for ImageMetadata {
    fn default() -> Self {
        Self { last_tag_time: crate::container::NEVER.to_owned() }
    }
}

impl Default for ImageSummary {
    fn default() -> Self {
        Self {
            containers: -1,
            created: 0,
            id: String::new(),
            labels: None,
            parent_id: String::new(),
            repo_digests: Vec::new(),
            repo_tags: Vec::new(),
            shared_size: -1,
            size: 0,
            virtual_size: 0,
        }
    }
}
