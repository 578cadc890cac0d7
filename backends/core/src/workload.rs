//! What a backend is given to run.

use std::{collections::BTreeMap, fmt, sync::Arc};

use journal_domain::{
    BridgeConfig, ContainerId, ContainerOptions, ContainerSpec, EndpointId, ExecId, ExecSpec, Link,
    TerminalSize,
};

use crate::EndpointWork;

/// One run of a container: the identity of a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId {
    /// The container.
    pub container: ContainerId,
    /// Its run, from 1.
    pub incarnation: u32,
}

/// A run to be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// The run.
    pub run: RunId,
    /// The container's name, without the slash.
    pub name: String,
    /// The host name inside.
    pub hostname: String,
    /// What the container shall be.
    pub spec: Arc<ContainerSpec>,
    /// What it was given beyond that.
    pub options: Option<Arc<ContainerOptions>>,
    /// Its places in networks.
    pub endpoints: Vec<EndpointWork>,
    /// The one of them that leads to everything else.
    pub way_out: Option<EndpointId>,
    /// Containers that it knows by names of its own.
    pub links: Vec<Link>,
    /// The default bridge.
    pub bridge: Option<BridgeConfig>,
    /// Containers whose network or other namespaces it shares, as its options write them, with the run that each has now.
    pub peers: BTreeMap<String, RunId>,
    /// The terminal's size.
    pub size: Option<TerminalSize>,
}

/// What is told of each run before it begins, such as whoever sends its output elsewhere.
pub trait Follower: Send + Sync {
    /// Is told that a run is about to begin; of one whose start is repeated it is told again.
    fn begins(&self, workload: &Workload);
}

/// An exec to be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecWorkload {
    /// The exec.
    pub exec: ExecId,
    /// The run that it is part of.
    pub run: RunId,
    /// What it shall be.
    pub spec: Arc<ExecSpec>,
    /// What its container is.
    pub container: Arc<ContainerSpec>,
    /// The host name inside.
    pub hostname: String,
    /// The terminal's size.
    pub size: Option<TerminalSize>,
}

/// What came of a probe of a run's health.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeOutcome {
    /// The exit status, zero for good; [`NO_STATUS`](Self::NO_STATUS) where it could not run or took too long.
    pub exit_code: i64,
    /// What it wrote, cut; or why it could not run.
    pub output: String,
}

// === impl ProbeOutcome ===

impl ProbeOutcome {
    /// The exit status of a probe that did not run, or not to its end: Docker's.
    pub const NO_STATUS: i64 = -1;
}

// === impl Workload ===

impl Workload {
    /// Gives the place whose address stands for the run: the one that leads out, or the first that has an address.
    pub fn main_endpoint(&self) -> Option<&EndpointWork> {
        let out = self.endpoints.iter().find(|one| Some(one.lease.endpoint) == self.way_out);
        out.or_else(|| self.endpoints.iter().find(|one| one.lease.addresses().next().is_some()))
    }

    /// Tells whether it is in a network that has names.
    pub fn has_names(&self) -> bool {
        self.endpoints.iter().any(|one| !one.network.is_predefined())
    }
}

// === impl RunId ===

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.container.short(), self.incarnation)
    }
}
