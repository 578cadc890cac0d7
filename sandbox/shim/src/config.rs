//! Everything a shim is told about its container, once, before the start.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{
    BoundFile, Cgroups, Mount, Namespaces, Network, Process, Publishing, Resolver, Resources,
    Rootfs, Security, WasmEngine,
};

/// The version of the protocol that this build speaks.
///
/// A shim outlives the server that started it, so a newer server must understand every older version whose
/// containers may still run. Fields are only ever added, with a default.
pub const PROTOCOL_VERSION: u32 = 1;

/// What a shim is given on its standard input, as one JSON document up to the end of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerConfig {
    /// The version of the protocol this document is written in, [`PROTOCOL_VERSION`].
    pub version: u32,
    /// The container's full id, 64 hexadecimal digits.
    pub container_id: String,
    /// Which run of the container this is; it grows with each start.
    pub incarnation: u64,
    /// The effect in the log that asked for this start; copied into the start and exit records.
    pub effect_id: String,
    /// An existing directory that belongs to this incarnation alone; see [`crate::RunDir`].
    pub run_dir: PathBuf,
    /// An existing directory that takes the output segments.
    pub log_dir: PathBuf,
    /// How much output is kept; all of it when absent.
    #[serde(default)]
    pub log_retention: Option<LogRetention>,
    /// The root file system.
    pub rootfs: Rootfs,
    /// The host name inside.
    pub hostname: String,
    /// The NIS domain name inside; empty leaves it unset.
    #[serde(default)]
    pub domainname: String,
    /// The program.
    pub process: Process,
    /// Whether standard input stays open without a client; otherwise it is `/dev/null`.
    #[serde(default)]
    pub open_stdin: bool,
    /// Whether pid 1 is the shim's reaper instead of the program (`--init`).
    #[serde(default)]
    pub init: bool,
    /// Files the shim writes into the run directory and binds over the image's, such as `/etc/hosts`.
    #[serde(default)]
    pub files: Vec<BoundFile>,
    /// Further mounts, made in this order.
    #[serde(default)]
    pub mounts: Vec<Mount>,
    /// The size of `/dev/shm` in bytes.
    pub shm_size_bytes: u64,
    /// What the container is kept from.
    pub security: Security,
    /// Kernel parameters of the container's own namespaces, by their dotted names.
    #[serde(default)]
    pub sysctls: BTreeMap<String, String>,
    /// The limits written into the container's control groups.
    #[serde(default)]
    pub resources: Resources,
    /// Where the container's control groups are made.
    pub cgroups: Cgroups,
    /// The name of the container's directory in each control group hierarchy.
    pub cgroup_name: String,
    /// How readily the kernel kills the container when the host is out of memory, -1000 to 1000.
    #[serde(default)]
    pub oom_score_adj: i32,
    /// The network.
    pub network: Network,
    /// The network that has the bridges, as a file of the kernel's, where that is not the one of the shim's birth.
    #[serde(default)]
    pub hub: Option<PathBuf>,
    /// Namespaces that are not its own.
    #[serde(default)]
    pub namespaces: Namespaces,
    /// Ports of the host that lead into it.
    #[serde(default)]
    pub publishing: Option<Publishing>,
    /// Where it asks for names, if its networks have any.
    #[serde(default)]
    pub resolver: Option<Resolver>,
    /// How programs are run that are WebAssembly; the kernel refuses them when absent.
    #[serde(default)]
    pub wasm: Option<WasmEngine>,
}

/// How much of a container's output is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRetention {
    /// Bytes of a segment.
    pub segment_bytes: u64,
    /// Segments kept, the one that is written among them.
    pub segments: NonZeroU32,
}
