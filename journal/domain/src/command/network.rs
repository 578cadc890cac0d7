//! Commands about networks, and about containers' places in them.

use serde::{Deserialize, Serialize};

use crate::{
    ConfigurationRequest, ContainerId, EndpointId, EndpointRequest, NetworkId, NetworkRequest,
    Subnet, registry::payloads,
};

payloads! {
    /// A command about a network.
    pub enum NetworkCommand {
        /// `docker network create`.
        0x01e0 v 1 => Create(CreateNetwork),
        /// `docker network rm`.
        0x01e1 v 1 => Remove(RemoveNetwork),
        /// `docker network connect`.
        0x01e2 v 1 => Connect(ConnectContainer),
        /// `docker network disconnect`.
        0x01e3 v 1 => Disconnect(DisconnectContainer),
        /// A backend has made it, or cannot.
        0x01e4 v 1 => ObserveMade(ObserveNetworkMade),
        /// A backend has nothing of it any more.
        0x01e5 v 1 => ObserveRemoved(ObserveNetworkRemoved),
        /// A run has its interfaces, or cannot have them.
        0x01e6 v 1 => ObserveWired(ObserveWired),
        /// `docker network prune` is done.
        0x01e7 v 1 => RecordPrune(RecordNetworkPrune),
        /// `docker network create` with `--config-only` or `--config-from`.
        0x01e8 v 1 => CreateConfigured(CreateConfiguredNetwork),
    }
}

/// Asks for a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateNetwork {
    /// Its identity, made by the caller.
    pub id: NetworkId,
    /// What it shall be.
    pub request: Box<NetworkRequest>,
    /// What the host reaches already; a subnet that nobody chose is none of them.
    pub reached: Vec<Subnet>,
}

/// Asks for a network that is a configuration alone, or has that of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateConfiguredNetwork {
    /// What it shall be beside.
    pub create: CreateNetwork,
    /// Which of both.
    pub configuration: ConfigurationRequest,
}

/// Asks for a network to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoveNetwork {
    /// Which network: a name, an id, or a prefix of one.
    pub target: String,
}

/// Asks for a container to join a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectContainer {
    /// Which network.
    pub network: String,
    /// Which container.
    pub container: String,
    /// The identity of its place, should it run.
    pub endpoint: EndpointId,
    /// What is asked of the place; its network's name does not count.
    pub request: Box<EndpointRequest>,
}

/// Asks for a container to leave a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisconnectContainer {
    /// Which network.
    pub network: String,
    /// Which container.
    pub container: String,
    /// Whether a container or network that is not there any more is left too.
    pub force: bool,
}

/// Tells that a network is made, or why it cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveNetworkMade {
    /// The network.
    pub id: NetworkId,
    /// Why it cannot be made; empty where it is.
    pub error: String,
}

/// Tells that nothing is left of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveNetworkRemoved {
    /// The network.
    pub id: NetworkId,
}

/// Tells that places in networks have come and gone as they were to, or why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveWired {
    /// The container.
    pub container: ContainerId,
    /// Its run.
    pub incarnation: u32,
    /// The places that were to come or to go.
    pub endpoints: Vec<EndpointId>,
    /// Why not; empty where they did.
    pub error: String,
}

/// Tells what a prune of networks has removed; each removal is a record of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordNetworkPrune {
    /// How many networks are gone.
    pub networks: u64,
}
