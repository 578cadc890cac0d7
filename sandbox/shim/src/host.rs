//! What the shim's program does for the server outside of any container: `prepare` and `sweep`.
//!
//! Both read one JSON document from standard input and end with status 0, or write what failed to standard error and
//! end with another status.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Cgroups;

/// The verb by which the shim's program keeps the namespaces of a server that has no root rights.
///
/// It makes a user namespace with mounts and a network in it, writes a line, waits for a byte, and then lives until it is
/// killed. Whoever starts it writes its maps of users and groups in between.
pub const KEEP: &str = "keep";

/// Input of `sockerless-shim prepare`, which a server runs once when it starts.
///
/// It finds out what control groups the host offers, makes the parent directories in them, and answers with a
/// [`HostReport`] on standard output. Running it again changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostRequest {
    /// The path, inside each hierarchy, of the directory that takes the containers' directories.
    pub cgroup_parent: String,
    /// Whether processes that are in the way of the controllers are left where they are, and the request fails. Those of
    /// the root are moved into a group of their own else.
    pub keep_processes: bool,
    /// Where a version 2 tree is mounted if the host has mounted no control groups at all; created when missing.
    pub private_mount: PathBuf,
    /// Whether to have the kernel favour changes of control groups over forks and exits (`favordynmods`).
    ///
    /// It holds for the whole host until a reboot. Without it, the first process that enters a group after a pause waits
    /// for an RCU grace period, 10 to 20 ms.
    pub favor_dynmods: bool,
}

/// Output of `sockerless-shim prepare`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostReport {
    /// What to put into each [`crate::ContainerConfig`].
    pub cgroups: Cgroups,
    /// What could not be had, a sentence each.
    pub warnings: Vec<String>,
}

/// Input of `sockerless-shim sweep`, for a container whose shim is gone without having cleaned up.
///
/// It kills every process in the container's control groups and removes them. Groups that are not there are as good as
/// removed; mounts and interfaces go with the last process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepRequest {
    /// As in the container's configuration.
    pub cgroups: Cgroups,
    /// As in the container's configuration.
    pub cgroup_name: String,
}
