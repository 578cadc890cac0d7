//! Wire types of the routes that ask registries.

use serde::{Deserialize, Serialize};

use crate::go_value::is_zero;

/// What a login came to (`POST /auth`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct AuthResponse {
    /// A token to be kept instead of the password; may be empty.
    pub identity_token: String,
    /// `Login Succeeded`.
    pub status: String,
}

/// What a name leads to in a registry (`GET /distribution/{name}/json`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct DistributionInspect {
    /// The manifest or list.
    pub descriptor: DistributionDescriptor,
    /// The platforms that there are images for.
    pub platforms: Vec<DistributionPlatform>,
}

/// A manifest or list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DistributionDescriptor {
    /// Its type.
    pub media_type: String,
    /// Its digest.
    pub digest: String,
    /// Its bytes.
    pub size: i64,
}

/// A platform, in the words of Go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DistributionPlatform {
    /// Such as `amd64`.
    pub architecture: String,
    /// Such as `linux`.
    pub os: String,
    /// Such as `v8`.
    #[serde(skip_serializing_if = "is_zero")]
    pub variant: String,
}
