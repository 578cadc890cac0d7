//! What a local backend is told about its host.

use std::path::PathBuf;

use journal_domain::Runtime;

/// The longest name of an interface that Linux takes, in bytes (`IFNAMSIZ` without its zero).
const INTERFACE_NAME_BYTES_MAX: usize = 15;

/// Where a backend keeps its things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalOptions {
    /// The data directory of the server. The backend owns `run`, `rw`, `logs`, `trash` and `empty` in it.
    pub data: PathBuf,
    /// The program that holds a container, `sockerless-shim`.
    pub shim: PathBuf,
    /// The directory, inside each control group hierarchy, that takes the containers' groups.
    pub cgroup_parent: String,
    /// The bridge that this cluster's containers join, at most 15 bytes. It names the nftables table too.
    pub bridge: String,
    /// Whether the kernel is asked to favour changes of control groups over forks and exits, until a reboot.
    ///
    /// It is the difference between a start of 5 ms and one of 20 ms after a pause.
    pub favor_dynmods: bool,
    /// The program that compiles and runs WebAssembly, `sockerless-wasm`; where there is none, the kernel runs what it can.
    pub wasm: Option<PathBuf>,
    /// What runs the programs of containers that name nothing; by what they are where absent.
    pub default_runtime: Option<Runtime>,
    /// The network that has the bridges, as a file of the kernel's; the server's own where absent.
    pub hub: Option<PathBuf>,
}

// === impl LocalOptions ===

impl LocalOptions {
    /// Names what belongs to `cluster` on its host: one host may have several.
    pub fn new(data: impl Into<PathBuf>, shim: impl Into<PathBuf>, cluster: [u8; 16]) -> Self {
        Self {
            data: data.into(),
            shim: shim.into(),
            cgroup_parent: format!("sockerless-{}", hex::encode(cluster)),
            bridge: bridge_interface(cluster),
            favor_dynmods: true,
            wasm: None,
            default_runtime: None,
            hub: None,
        }
    }
}

/// Gives the name of a cluster's bridge: `sl` and as much of the cluster's id as fits.
pub(crate) fn bridge_interface(cluster: [u8; 16]) -> String {
    let mut name = format!("sl{}", hex::encode(cluster));
    name.truncate(INTERFACE_NAME_BYTES_MAX);
    name
}

#[cfg(test)]
mod tests;
