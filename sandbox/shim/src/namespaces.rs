//! Namespaces that are not the container's own.

use serde::{Deserialize, Serialize};

/// Whose namespaces a container has, but for the network, which is told apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Namespaces {
    /// Whose processes it sees.
    pub pid: Sharing,
    /// Whose shared memory, semaphores and message queues it has.
    pub ipc: Ipc,
    /// Whether it has the host's names.
    pub host_uts: bool,
    /// Whether it sees the host's control groups.
    pub host_cgroup: bool,
    /// The container whose names it has.
    pub uts_of: Option<Peer>,
    /// Whether its first process does nothing but hold them for others; that is no program of its image.
    pub holder: bool,
}

/// Whose a namespace is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sharing {
    /// The container's own.
    #[default]
    Own,
    /// The host's.
    Host,
    /// Another container's.
    Peer(Peer),
}

/// Whose shared memory, semaphores and message queues a container has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ipc {
    /// Its own, without `/dev/shm`.
    None,
    /// With `/dev/shm` of the same namespace.
    Of(Sharing),
}

/// A container that runs, by two processes that nobody else has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// The process id of its first process, as the host sees it.
    pub pid: u32,
    /// The process id of its shim, the parent of that process.
    pub shim_pid: u32,
}

// === impl Namespaces ===

impl Namespaces {
    /// Tells whether the container's names are its own.
    pub const fn has_own_names(&self) -> bool {
        !self.host_uts && self.uts_of.is_none()
    }
}

// === impl Ipc ===

impl Default for Ipc {
    fn default() -> Self {
        Self::Of(Sharing::Own)
    }
}

impl Ipc {
    /// Gives whose namespace it is.
    pub const fn sharing(self) -> Sharing {
        match self {
            Self::None => Sharing::Own,
            Self::Of(sharing) => sharing,
        }
    }
}
