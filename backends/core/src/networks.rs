//! Networks: what containers of a backend reach each other by, and the names that they have in them.

use std::{fmt, net::IpAddr, sync::Arc};

use async_trait::async_trait;
use journal_domain::{ContainerId, EndpointId, Network, NetworkLease, Subnet};

use crate::{EffectError, RunId};

/// A run's place in a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointWork {
    /// The network.
    pub network: Arc<Network>,
    /// What the run has of it.
    pub lease: NetworkLease,
}

/// An interface of a run that is to come or to go.
///
/// It is one alone, so that its failure is no other's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireWork {
    /// The run.
    pub run: RunId,
    /// The host name inside, for the file of hosts.
    pub hostname: String,
    /// What is to change.
    pub change: WireChange,
    /// The interfaces that it has after that.
    pub staying: Vec<EndpointWork>,
    /// The one of them that leads to everything else.
    pub way_out: Option<EndpointId>,
}

/// What is to change of a run's interfaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WireChange {
    /// This one is to come.
    Come(EndpointWork),
    /// This one is to go.
    Go(EndpointWork),
}

// === impl WireChange ===

impl WireChange {
    /// Gives the place that comes or goes.
    pub const fn endpoint(&self) -> &EndpointWork {
        match self {
            Self::Come(endpoint) | Self::Go(endpoint) => endpoint,
        }
    }
}

/// Where a backend makes networks.
///
/// - Making a network that is made, and removing one that is not there, changes nothing; neither does wiring what is
///   wired.
/// - What could not be made is not there: after an error of `make_network` nothing is left of the network, and after one of
///   `wire` nothing of what was to come. Their addresses are given to others. What was to go is there after an error:
///   so what has gone already, taken away by a server that died before it was on record, does not fail to go.
/// - A network outlives the server, and so do the interfaces of runs.
#[async_trait]
pub trait Networks {
    /// Makes a network.
    async fn make_network(&self, network: &Network) -> Result<(), EffectError>;

    /// Removes a network that nobody is in.
    async fn remove_network(&self, network: &Network) -> Result<(), EffectError>;

    /// Gives a run an interface, or takes one from it.
    async fn wire(&self, work: &WireWork) -> Result<(), EffectError>;

    /// Gives the networks that the backend's host reaches already, so that no other gets their addresses.
    async fn reached(&self) -> Result<Vec<Subnet>, EffectError>;

    /// Hands over what knows the names of containers; the last one counts.
    fn use_names(&self, names: Arc<dyn Names>);
}

/// What knows which container has which name in the networks of another; it is asked for each look-up.
pub trait Names: fmt::Debug + Send + Sync {
    /// Gives the addresses of a name for a container; empty where nothing has that name.
    fn resolve(&self, asker: &ContainerId, name: &str) -> Vec<IpAddr>;

    /// Gives the name of who has an address in a container's networks.
    fn name_at(&self, asker: &ContainerId, address: IpAddr) -> Option<String>;

    /// Tells whether a container is in a network that has names.
    fn has_names(&self, container: &ContainerId) -> bool;

    /// Tells whether something leads out of a container's networks.
    fn has_way_out(&self, container: &ContainerId) -> bool;

    /// Gives the name servers that a client chose for a container.
    fn servers(&self, container: &ContainerId) -> Vec<IpAddr>;
}
