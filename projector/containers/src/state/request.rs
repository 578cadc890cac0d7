//! What a run is started with, as it was when the start was asked for.
//!
//! Every try asks for the same, whatever has become of other containers, of names and of settings meanwhile.

use std::{collections::BTreeMap, sync::Arc};

use journal_domain::{
    BridgeConfig, ContainerId, ContainerName, ContainerOptions, ContainerSpec, Link, TerminalSize,
};
use projector_machine::Since;
use serde::{Deserialize, Serialize};

/// What a run is started with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartRequest {
    /// The container's name.
    pub name: ContainerName,
    /// What the container shall be. Limits that are changed meanwhile are set once it runs.
    pub spec: Arc<ContainerSpec>,
    /// What it was given beyond that.
    #[serde(with = "Since::<21>")]
    pub options: Option<Arc<ContainerOptions>>,
    /// The terminal's size.
    pub size: Option<TerminalSize>,
    /// The default bridge.
    pub bridge: Option<BridgeConfig>,
    /// The containers that it shares something with, as its options write them, and the run that each had.
    #[serde(with = "Since::<21>")]
    pub peers: BTreeMap<String, Peer>,
    /// The containers that it knows by names of its own.
    #[serde(with = "Since::<21>")]
    pub links: Vec<Link>,
}

/// A container with which a run shares something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// The container.
    pub container: ContainerId,
    /// Its run.
    pub incarnation: u32,
}
