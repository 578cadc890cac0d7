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
        /// Whether the overlay's own notes are attributes that anybody may write: in a user namespace there are no others.
        #[serde(default)]
        user_xattrs: bool,
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

impl Mount {
    /// Gives the path inside.
    pub fn target(&self) -> &str {
        match self {
            Self::Bind(bind) => &bind.target,
            Self::Tmpfs(tmpfs) => &tmpfs.target,
        }
    }
}

/// A directory or file of the host inside the container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BindMount {
    /// The existing path on the host.
    pub source: PathBuf,
    /// The absolute path inside; created when missing.
    pub target: String,
    /// Whether writes are refused, also to what is mounted below it.
    #[serde(default)]
    pub read_only: bool,
    /// Whether writes are refused, but not those to what is mounted below it.
    #[serde(default)]
    pub read_only_top: bool,
    /// The path in `source` that is mounted, resolved as if `source` were the root; all of it when empty.
    #[serde(default)]
    pub subpath: String,
    /// Whether what is mounted below the source stays outside.
    #[serde(default)]
    pub without_submounts: bool,
    /// How mounts made later below it are seen on the other side.
    #[serde(default)]
    pub propagation: Propagation,
}

/// How mounts made below a mount are seen on the other side (`mount_namespaces(7)`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Propagation {
    /// Not at all, the mount alone.
    Private,
    /// Not at all, and none below either.
    #[default]
    RecursivePrivate,
    /// Both ways, the mount alone.
    Shared,
    /// Both ways, and those below too.
    RecursiveShared,
    /// Into the container, the mount alone.
    Slave,
    /// Into the container, and those below too.
    RecursiveSlave,
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
