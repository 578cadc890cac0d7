//! What a container has mounted beyond its image: what its client asked for, and what came of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::VolumeName;

/// The mounts that a client asks for (`HostConfig.Binds`, `Mounts`, `VolumesFrom` and `VolumeDriver`, `Config.Volumes`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mounting {
    /// `Binds` and `Mounts`, in that order.
    pub asked: Vec<AskedMount>,
    /// Containers whose mounts are wanted too.
    pub volumes_from: Vec<VolumesFrom>,
    /// Paths that become volumes without a name.
    pub volumes: Vec<String>,
    /// The driver of named volumes in `Binds`, as the client wrote it.
    pub volume_driver: String,
}

/// A mount as a client asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedMount {
    /// Which field of the request it was in.
    pub field: MountField,
    /// How the client wrote it: an entry of `Binds`, or the JSON of one of `Mounts`.
    pub text: String,
    /// What it means.
    pub mount: MountRequest,
}

/// A field of a request that asks for mounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MountField {
    /// `HostConfig.Binds`.
    Binds,
    /// `HostConfig.Mounts`.
    Mounts,
}

/// What is mounted where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountRequest {
    /// The absolute path inside, without `.`, `..` and a slash at its end.
    pub target: String,
    /// What is mounted.
    pub source: MountSource,
    /// How.
    pub access: MountAccess,
}

/// What is mounted, as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MountSource {
    /// A path of the host.
    Path {
        /// The path, absolute.
        path: String,
        /// Whether a directory is made where there is nothing.
        create: bool,
    },
    /// A volume.
    Volume(VolumeRequest),
    /// Memory.
    Memory {
        /// Options of the file system, comma separated, as in `--tmpfs`.
        options: String,
    },
}

/// A volume, as it is asked for; one that is not there is made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeRequest {
    /// Its name; one is made up when absent.
    pub name: Option<VolumeName>,
    /// Options of its driver, should it be made.
    pub options: BTreeMap<String, String>,
    /// Its labels, should it be made.
    pub labels: BTreeMap<String, String>,
    /// Whether what the image has at the target is copied into it while it is empty.
    pub copy: bool,
    /// The path in it that is mounted; all of it when empty.
    pub subpath: String,
}

/// How something is mounted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountAccess {
    /// Which writes are refused.
    pub read_only: ReadOnly,
    /// How mounts made later below it are seen on the other side.
    pub propagation: Propagation,
    /// Whether what is mounted below the source stays outside.
    pub without_submounts: bool,
    /// The options as the client wrote them, which inspect shows.
    pub mode: String,
}

/// Which writes are refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReadOnly {
    /// None.
    #[default]
    No,
    /// Those to the mount itself, and not to what is mounted below it.
    Top,
    /// All.
    All,
}

/// How mounts made below a mount are seen on the other side (`mount_namespaces(7)`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Propagation {
    /// As the default is: not at all, and a volume's is not even named.
    #[default]
    Unset,
    /// Not at all, the mount alone.
    Private,
    /// Not at all, and none below either.
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

/// A container whose mounts are wanted too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumesFrom {
    /// Which container: an id, a prefix of one, or a name.
    pub container: String,
    /// Whether writes are refused, where the client said so.
    pub read_only: Option<bool>,
    /// How the client wrote it.
    pub text: String,
}

/// A mount that a container has, as was decided when it was created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountPoint {
    /// The path inside.
    pub target: String,
    /// What is mounted.
    pub source: PointSource,
    /// How.
    pub access: MountAccess,
}

/// What is mounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PointSource {
    /// A path of the host.
    Path {
        /// The path, absolute.
        path: String,
        /// Whether a directory is made where there is nothing.
        create: bool,
    },
    /// A volume.
    Volume {
        /// Which one.
        name: VolumeName,
        /// Whether the client gave it no name: then it goes with the container, if that is asked for.
        anonymous: bool,
        /// Whether what the image has at the target is copied into it while it is empty.
        copy: bool,
        /// The path in it that is mounted; all of it when empty.
        subpath: String,
        /// The path of the host that stands for its data, where its options name one.
        device: Option<String>,
    },
    /// Memory.
    Memory {
        /// Options of the file system, comma separated, as in `--tmpfs`.
        options: String,
    },
}

/// Gives a path without `.`, `..` and a slash at its end. Docker takes paths of mounts as they would be from the root.
pub fn clean_path(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

// === impl MountPoint ===

impl MountPoint {
    /// Gives the volume that is mounted, if it is one.
    pub const fn volume(&self) -> Option<&VolumeName> {
        match &self.source {
            PointSource::Volume { name, .. } => Some(name),
            PointSource::Path { .. } | PointSource::Memory { .. } => None,
        }
    }

    /// Gives the volume that is mounted if nobody gave it a name.
    pub const fn anonymous_volume(&self) -> Option<&VolumeName> {
        match &self.source {
            PointSource::Volume { name, anonymous: true, .. } => Some(name),
            PointSource::Volume { .. } | PointSource::Path { .. } | PointSource::Memory { .. } => {
                None
            }
        }
    }
}

// === impl Propagation ===

impl Propagation {
    /// Every mode that has a word.
    const NAMED: [Self; 6] = [
        Self::Private,
        Self::RecursivePrivate,
        Self::Shared,
        Self::RecursiveShared,
        Self::Slave,
        Self::RecursiveSlave,
    ];

    /// Gives the system's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "",
            Self::Private => "private",
            Self::RecursivePrivate => "rprivate",
            Self::Shared => "shared",
            Self::RecursiveShared => "rshared",
            Self::Slave => "slave",
            Self::RecursiveSlave => "rslave",
        }
    }

    /// Reads the system's word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::NAMED.into_iter().find(|mode| mode.as_str() == text)
    }
}
