//! Pods: containers that share namespaces, which a container of the pod's own holds.

use std::{collections::BTreeMap, sync::Arc};

use journal_log::id;
use serde::{Deserialize, Serialize};

use crate::{ContainerId, ContainerName, CreateContainerWith, registry::payloads};

id!(
    /// A pod.
    pub struct PodId, 32
);

/// What a pod is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pod {
    /// Its identity.
    pub id: PodId,
    /// Its name; no container has the same.
    pub name: ContainerName,
    /// The client's labels.
    pub labels: BTreeMap<String, String>,
    /// What its containers share, unless they say otherwise.
    pub shared: Vec<PodNamespace>,
    /// The container that holds the shared namespaces; none where nothing is shared.
    pub holder: Option<ContainerId>,
}

/// A namespace that the containers of a pod can share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PodNamespace {
    /// Interfaces, addresses, ports.
    Network,
    /// Shared memory, semaphores, message queues.
    Ipc,
    /// The host name.
    Uts,
    /// Processes.
    Pid,
}

/// A container's place in a pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodPlace {
    /// The pod.
    pub pod: PodId,
    /// Whether it is the one that holds the shared namespaces. It has no image, and a program that does nothing.
    pub holds: bool,
    /// The container whose host name it shares, by its id.
    pub uts_of: Option<String>,
}

payloads! {
    /// A command about a pod.
    pub enum PodCommand {
        /// `podman pod create`.
        0x01a0 v 1 => Create(CreatePod),
        /// `podman pod rm`.
        0x01a1 v 1 => Remove(RemovePod),
    }
}

payloads! {
    /// An event of a pod.
    pub enum PodEvent {
        /// It is there. Its holder, if it has one, was created in the same record.
        0x02a0 v 1 => Created(PodCreated),
        /// It shall go, and its containers with it.
        0x02a1 v 1 => RemovalRequested(PodRemovalRequested),
        /// It is gone.
        0x02a2 v 1 => Removed(PodRemoved),
    }
}

/// Asks for a pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatePod {
    /// Its identity.
    pub id: PodId,
    /// Its name; one is made up when absent.
    pub name: Option<String>,
    /// What a name is made up from.
    pub name_seed: u64,
    /// The client's labels.
    pub labels: BTreeMap<String, String>,
    /// What its containers share.
    pub shared: Vec<PodNamespace>,
    /// The container that holds what is shared.
    pub holder: Option<Box<CreateContainerWith>>,
}

/// Asks for a pod to go, and its containers with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovePod {
    /// Which pod: its name, its id, or the beginning of that.
    pub target: String,
    /// Whether containers that run are killed.
    pub force: bool,
}

/// A pod is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodCreated {
    /// What it is.
    pub pod: Arc<Pod>,
}

/// A pod shall go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodRemovalRequested {
    /// The pod.
    pub id: PodId,
}

/// A pod is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodRemoved {
    /// The pod.
    pub id: PodId,
}

// === impl PodNamespace ===

impl PodNamespace {
    /// Every one of them.
    pub const ALL: [Self; 4] = [Self::Network, Self::Ipc, Self::Uts, Self::Pid];

    /// Gives podman's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Network => "net",
            Self::Ipc => "ipc",
            Self::Uts => "uts",
            Self::Pid => "pid",
        }
    }
}
