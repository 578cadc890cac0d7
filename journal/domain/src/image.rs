//! What the state knows of an image. Its bytes are in the content store, by digest.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{Digest, ImageId, Signal};

/// An image that is here whole: every layer is unpacked and synced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// The digest of its configuration.
    pub id: ImageId,
    /// Layers, lowest first.
    pub layers: Vec<Layer>,
    /// When it was made, RFC 3339 as its configuration says; empty where that says nothing.
    pub created: String,
    /// Such as `amd64`.
    pub architecture: String,
    /// Such as `linux`.
    pub os: String,
    /// Such as `v7`; empty where there is none.
    pub variant: String,
    /// Who made it; may be empty.
    pub author: String,
    /// A note of who made it; may be empty.
    pub comment: String,
    /// How its containers run unless a client says otherwise.
    pub config: ImageConfig,
    /// Bytes of the files in all layers.
    pub size_bytes: u64,
}

/// One layer of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// The digest of the uncompressed tar.
    pub diff_id: Digest,
    /// The digest of the bytes in the content store.
    pub blob: Digest,
    /// Bytes of the files in the layer.
    pub size_bytes: u64,
}

/// An image's run configuration (OCI image specification, `config`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageConfig {
    /// Variables as `NAME=value`.
    pub env: Vec<String>,
    /// The arguments.
    pub cmd: Option<Vec<String>>,
    /// The program that the arguments are given to.
    pub entrypoint: Option<Vec<String>>,
    /// The working directory.
    pub working_dir: String,
    /// `user[:group]`.
    pub user: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Sent by stop.
    pub stop_signal: Option<Signal>,
    /// Ports such as `80/tcp`.
    pub exposed_ports: Vec<String>,
    /// Paths that the image declares as volumes.
    pub volumes: Vec<String>,
    /// The health check as its JSON text; it is shown, and a container made of it gets a warning.
    pub healthcheck: Option<String>,
    /// The shell of shell-form instructions.
    pub shell: Option<Vec<String>>,
    /// Instructions for images built on this one.
    pub on_build: Vec<String>,
}

/// A normalised image name with its tag, such as `docker.io/library/busybox:latest`, or with its digest alone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ImageName(String);

/// How an image came here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImageSource {
    /// `docker import`.
    Import,
    /// `docker load`.
    Load,
    /// `docker pull`.
    Pull,
    /// `docker push`, which brings no image here, but is a transfer of one.
    Push,
    /// `docker commit`.
    Commit,
    /// `docker build`.
    Build,
}

/// Under which digest a registry has an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrySource {
    /// Registry, repository and digest, such as `docker.io/library/busybox@sha256:…`.
    pub name: ImageName,
    /// The image's manifest, which is kept among the blobs as it came.
    pub manifest: Digest,
    /// The list that led to the manifest, kept too; absent where the name leads to the manifest itself.
    pub list: Option<Digest>,
}

// === impl ImageName ===

impl ImageName {
    /// Takes a name that `backends-images` has normalised.
    pub fn from_normalized(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Gives the whole name, registry and tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Gives the name as Docker shows it: without `docker.io/`, and without `library/` where one word follows.
    pub fn familiar(&self) -> &str {
        let Some(name) = self.0.strip_prefix("docker.io/") else { return &self.0 };
        name.strip_prefix("library/").filter(|rest| !rest.contains('/')).unwrap_or(name)
    }

    /// Tells whether the name ends with a digest, and not with a tag.
    pub fn is_digested(&self) -> bool {
        self.0.contains('@')
    }

    /// Gives registry and repository, without tag and digest.
    pub fn repository(&self) -> &str {
        without_ending(&self.0)
    }

    /// Gives registry and repository as Docker shows them.
    pub fn familiar_repository(&self) -> &str {
        without_ending(self.familiar())
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn without_ending(name: &str) -> &str {
    if let Some((repository, _digest)) = name.split_once('@') {
        return repository;
    }
    // A colon before the last slash is a port's.
    let path_at = name.rfind('/').map_or(0, |slash| slash + 1);
    let tag_at = name[path_at..].find(':').map(|colon| path_at + colon);
    tag_at.map_or(name, |tag_at| &name[..tag_at])
}

#[cfg(test)]
mod tests;
