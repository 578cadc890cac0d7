//! The file systems of a container.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The root file system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rootfs {
    /// Layers under an overlay of the container's own.
    Overlay {
        /// Read-only layer directories, the topmost first; at least one.
        lower: Vec<PathBuf>,
        /// The directory that takes the container's changes.
        upper: PathBuf,
        /// An empty directory on the same file system as `upper`.
        work: PathBuf,
        /// Whether syncs are skipped: right only when a host crash removes the container anyway (`--rm`).
        #[serde(default)]
        volatile: bool,
    },
    /// A prepared tree that belongs to this container, where overlayfs is not available.
    Directory {
        /// The tree.
        path: PathBuf,
    },
}

/// A file with given contents over a path of the image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoundFile {
    /// The absolute path inside; created when missing.
    pub target: String,
    /// The bytes at the start; the container may change them until it ends, unless its root is read-only.
    pub contents: String,
}

/// A further mount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mount {
    /// A directory or file of the host.
    Bind(BindMount),
    /// Memory.
    Tmpfs(TmpfsMount),
}

/// A directory or file of the host inside the container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BindMount {
    /// The existing path on the host.
    pub source: PathBuf,
    /// The absolute path inside; created when missing.
    pub target: String,
    /// Whether writes are refused.
    #[serde(default)]
    pub read_only: bool,
}

/// A tmpfs inside the container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TmpfsMount {
    /// The absolute path inside; created when missing.
    pub target: String,
    /// The options of `--tmpfs`, comma separated: `size=`, `mode=`, `uid=`, `gid=`, `nr_inodes=`, `ro`, `exec`…
    #[serde(default)]
    pub options: String,
}
