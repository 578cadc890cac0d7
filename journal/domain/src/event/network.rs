//! What happened to networks, and to containers' places in them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    ContainerId, EndpointId, EndpointRequest, Network, NetworkConfiguration, NetworkId,
    NetworkLease, registry::payloads,
};

payloads! {
    /// An event of a network.
    pub enum NetworkEvent {
        /// It is wanted; it has still to be made.
        0x02e0 v 1 => Created(NetworkCreated),
        /// It is made.
        0x02e1 v 1 => Made(NetworkMade),
        /// It cannot be made, and is gone.
        0x02e2 v 1 => Failed(NetworkFailed),
        /// It shall go.
        0x02e3 v 1 => RemovalRequested(NetworkRemovalRequested),
        /// It is gone.
        0x02e4 v 1 => Removed(NetworkRemoved),
        /// Several were removed together.
        0x02e5 v 1 => Pruned(NetworksPruned),
        /// A run holds places in networks.
        0x02e6 v 1 => Leased(EndpointsLeased),
        /// A container has joined a network.
        0x02e7 v 1 => Connected(ContainerConnected),
        /// A running container shall leave a network.
        0x02e8 v 1 => LeaveRequested(LeaveRequested),
        /// A container has left a network.
        0x02e9 v 1 => Disconnected(ContainerDisconnected),
        /// A run has its interfaces, or cannot have them.
        0x02ea v 1 => Wired(ContainerWired),
        /// One is wanted that is a configuration alone, which it is at once, or that has that of another.
        0x02eb v 1 => Configured(ConfiguredNetworkCreated),
    }
}

/// A network is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkCreated {
    /// What it is.
    pub network: Arc<Network>,
}

/// A network is wanted that is a configuration alone, or has that of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfiguredNetworkCreated {
    /// What it is.
    pub network: Arc<Network>,
    /// Which of both.
    pub configuration: NetworkConfiguration,
}

/// A network is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkMade {
    /// The network.
    pub id: NetworkId,
}

/// A network cannot be made; there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkFailed {
    /// The network.
    pub id: NetworkId,
    /// Why.
    pub reason: String,
}

/// A network shall go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkRemovalRequested {
    /// The network.
    pub id: NetworkId,
}

/// A network is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkRemoved {
    /// The network.
    pub id: NetworkId,
}

/// Networks that nobody used were removed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworksPruned {
    /// How many.
    pub networks: u64,
}

/// A run holds these places in networks, beside one on the default bridge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointsLeased {
    /// The container.
    pub container: ContainerId,
    /// Its run.
    pub incarnation: u32,
    /// The places.
    pub leases: Vec<NetworkLease>,
}

/// A container has joined a network: at once while it does not run, else as soon as it is wired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerConnected {
    /// The container.
    pub container: ContainerId,
    /// What was asked for.
    pub request: Arc<EndpointRequest>,
    /// The place of the present run.
    pub lease: Option<NetworkLease>,
}

/// A running container shall leave a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaveRequested {
    /// The container.
    pub container: ContainerId,
    /// The network's name.
    pub network: String,
}

/// A container has left a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerDisconnected {
    /// The container.
    pub container: ContainerId,
    /// The network's name.
    pub network: String,
}

/// Places in networks have come and gone as they were to, or could not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerWired {
    /// The container.
    pub container: ContainerId,
    /// The places.
    pub endpoints: Vec<EndpointId>,
    /// Why not; empty where they did.
    pub error: String,
}
