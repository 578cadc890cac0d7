//! The default bridge, and a container's places in networks.

use std::sync::Arc;

use journal_domain::{BridgeConfig, EndpointRequest, NetworkLease};
use serde::{Deserialize, Serialize};

/// The default bridge; who is in it is told with the other networks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bridge {
    /// Its addresses and its interface.
    pub config: BridgeConfig,
}

/// A container's place in a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// What was asked for.
    pub request: Arc<EndpointRequest>,
    /// What the present run has of it.
    pub lease: Option<NetworkLease>,
    /// Whether the run's interface is still to come, or to go.
    pub wiring: Wiring,
}

/// What is still to be done for an interface of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wiring {
    /// Nothing.
    Done,
    /// It has to come.
    Coming,
    /// It has to go.
    Leaving,
}

// === impl Endpoint ===

impl Endpoint {
    pub(crate) const fn new(request: Arc<EndpointRequest>) -> Self {
        Self { request, lease: None, wiring: Wiring::Done }
    }

    /// Gives the network's name.
    pub fn network(&self) -> &str {
        &self.request.network
    }

    /// Tells whether an interface is still to come or to go.
    pub const fn is_changing(&self) -> bool {
        matches!(self.wiring, Wiring::Coming | Wiring::Leaving)
    }
}
