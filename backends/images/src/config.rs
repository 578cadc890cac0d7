//! An image's configuration document (Docker image specification, which the OCI image configuration is a part of).
//!
//! The identity of an image is the digest of the bytes of this document. So documents from outside are kept as they
//! came, and read into these types; only documents of images that are made here are written from them. `oci-spec`
//! has no place for the fields that only Docker has (`Healthcheck`, `OnBuild`, `Shell`, `comment`), and writes maps in
//! an order that changes from run to run, so that the same import would get another identity each time.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::{digest::Digest, platform::Platform};

/// Bytes of a configuration. The largest are a hundred kilobytes of history and labels.
pub(crate) const CONFIG_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Layers of an image: the limit of dockerd, so that an image that is built here can be used there.
pub(crate) const LAYERS_MAX: usize = 125;

/// The configuration of an image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ImageConfig {
    /// Such as `amd64`.
    #[serde(deserialize_with = "null_is_default")]
    pub architecture: String,
    /// Such as `v7`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_is_default")]
    pub variant: String,
    /// Who made it.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_is_default")]
    pub author: String,
    /// A note of who made it.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_is_default")]
    pub comment: String,
    /// How its containers run.
    #[serde(deserialize_with = "null_is_default")]
    pub config: RunConfig,
    /// When it was made (RFC 3339).
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_is_default")]
    pub created: String,
    /// The steps by which it was made.
    #[serde(deserialize_with = "null_is_default")]
    pub history: Vec<History>,
    /// Such as `linux`.
    #[serde(deserialize_with = "null_is_default")]
    pub os: String,
    /// Its layers. Images from before there were digests have none.
    pub rootfs: Option<RootFs>,
}

/// How the containers of an image run unless a client says otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct RunConfig {
    /// `user[:group]`.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_is_default")]
    pub user: String,
    /// Ports such as `80/tcp`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_default")]
    pub exposed_ports: BTreeMap<String, Nothing>,
    /// Variables as `NAME=value`.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_default")]
    pub env: Vec<String>,
    /// The program that the arguments are given to.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "words")]
    pub entrypoint: Option<Vec<String>>,
    /// The arguments.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "words")]
    pub cmd: Option<Vec<String>>,
    /// How to tell whether a container is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<serde_json::Value>,
    /// Paths that are volumes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_default")]
    pub volumes: BTreeMap<String, Nothing>,
    /// The working directory.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_is_default")]
    pub working_dir: String,
    /// Instructions for images that are built on this one.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_default")]
    pub on_build: Vec<String>,
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_default")]
    pub labels: BTreeMap<String, String>,
    /// What a stop sends.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_is_default")]
    pub stop_signal: String,
    /// The shell of instructions in shell form.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "words")]
    pub shell: Option<Vec<String>>,
}

/// The layers of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootFs {
    /// Always `layers`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The digests of the layers' tars, lowest first.
    #[serde(default, deserialize_with = "null_is_default")]
    pub diff_ids: Vec<Digest>,
}

/// One step by which an image was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct History {
    /// When (RFC 3339).
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_is_default")]
    pub created: String,
    /// By which command.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_is_default")]
    pub created_by: String,
    /// By whom.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_is_default")]
    pub author: String,
    /// A note.
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "null_is_default")]
    pub comment: String,
    /// Whether the step made no layer.
    #[serde(skip_serializing_if = "std::ops::Not::not", deserialize_with = "null_is_default")]
    pub empty_layer: bool,
}

/// The value of a key that says all by being there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nothing {}

/// Tells why a document is not the configuration of an image that can run here.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It is not JSON, or has other types than it must.
    #[error("the image configuration cannot be read")]
    Json(#[from] serde_json::Error),
    /// It has no list of layers.
    #[error("the image configuration has no rootfs")]
    NoRootFs,
    /// It is for another system.
    #[error("cannot load {0} image on linux")]
    Os(String),
    /// It has more layers than can be stacked.
    #[error("max depth exceeded: the image has {0} layers, {LAYERS_MAX} are allowed")]
    Layers(usize),
}

impl ImageConfig {
    /// Reads a configuration, which must be one for Linux or for WebAssembly, with its layers.
    pub fn parse(bytes: &[u8]) -> Result<Self, ConfigError> {
        let mut config: Self = serde_json::from_slice(bytes)?;
        if config.os.is_empty() {
            "linux".clone_into(&mut config.os);
        }
        // Images of WebAssembly name what their programs call, such as `wasi` or `wasip1`.
        if config.os != "linux" && config.architecture != "wasm" {
            return Err(ConfigError::Os(config.os));
        }
        let layers = config.rootfs.as_ref().ok_or(ConfigError::NoRootFs)?.diff_ids.len();
        if layers > LAYERS_MAX {
            return Err(ConfigError::Layers(layers));
        }
        Ok(config)
    }

    /// Gives the machine that the image is for.
    pub fn platform(&self) -> Platform {
        Platform {
            os: self.os.clone(),
            architecture: self.architecture.clone(),
            variant: self.variant.clone(),
        }
    }

    /// Gives the digests of the layers' tars, lowest first.
    pub fn diff_ids(&self) -> &[Digest] {
        self.rootfs.as_ref().map_or(&[], |rootfs| &rootfs.diff_ids)
    }
}

/// Go writes nothing and `null` for the same.
fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Old images have one word where later ones have a list.
fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Words {
        One(String),
        Many(Vec<String>),
    }
    Ok(Option::deserialize(deserializer)?.map(|words| match words {
        Words::One(word) => vec![word],
        Words::Many(words) => words,
    }))
}

#[cfg(test)]
mod tests;
