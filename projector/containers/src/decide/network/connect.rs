//! `docker network connect` and `disconnect`.
//!
//! Of a container that does not run only the configuration changes; a run gets its address here, and its interface from
//! a backend.

use std::sync::Arc;

use journal_domain::{
    ConnectContainer, ContainerConnected, ContainerDisconnected, DisconnectContainer,
    EndpointRequest, LeaveRequested, Network, NetworkDriver, NetworkMode, Refusal,
};

use super::Decision;
use crate::{
    Container, Endpoint, KeptNetwork, State, Wiring,
    decide::lease::{free_number, place},
};

/// Networks that a container may be in: each is an interface, and their numbers have to fit.
const ENDPOINTS_MAX: usize = 64;

pub(super) fn connect(state: &State, command: &ConnectContainer) -> Decision {
    let kept = state.networks.find(&command.network)?;
    let (network, container) = (&*kept.network, state.find(&command.container)?);
    check_mode(container, kept)?;
    check_request(network, &command.request)?;
    let known = container.endpoint(&network.name);
    let request = EndpointRequest { network: network.name.clone(), ..(*command.request).clone() };
    let request = Arc::new(request);
    if known.is_none() && container.endpoints.len() >= ENDPOINTS_MAX {
        return Err(Refusal::Forbidden(format!(
            "container {} is in {ENDPOINTS_MAX} networks, and may be in no more",
            container.name
        )));
    }
    if !container.is_active() {
        return Ok(vec![
            ContainerConnected { container: container.id, request, lease: None }.into(),
        ]);
    }
    if known.is_some() {
        return Err(Refusal::Forbidden(format!(
            "endpoint with name {} already exists in network {}",
            container.name, network.name
        )));
    }
    let endpoint = Endpoint::new(Arc::clone(&request));
    let (number, run) = (free_number(container), command.endpoint);
    let lease = place(state, container, &endpoint, number, (run, Some(run)))?;
    Ok(vec![ContainerConnected { container: container.id, request, lease: Some(lease) }.into()])
}

pub(super) fn disconnect(state: &State, command: &DisconnectContainer) -> Decision {
    let found = state.networks.find(&command.network);
    let container = state.find(&command.container)?;
    let name = match found {
        Ok(kept) => kept.network.name.clone(),
        // The network may be gone, and the container remember it.
        Err(_) if container.endpoint(&command.network).is_some() => command.network.clone(),
        Err(refusal) => return Err(refusal),
    };
    let is_host = |mode: NetworkMode| mode == NetworkMode::Host;
    if name == Network::HOST || is_host(container.spec.network) {
        return Err(Refusal::InvalidParameter(OF_THE_HOST.to_owned()));
    }
    refuse_removed(container)?;
    let id = container.id;
    match container.endpoint(&name) {
        None => {
            Err(Refusal::Failed(format!("container {id} is not connected to the network {name}")))
        }
        Some(endpoint) if endpoint.wiring == Wiring::Leaving => Ok(Vec::new()),
        // A report that it has come would be taken for one that it has gone, and its address given to somebody else.
        Some(endpoint)
            if endpoint.wiring == Wiring::Coming
                && !journal_log::planted!("leaves-while-it-comes") =>
        {
            Err(Refusal::Conflict(format!(
                "container {id} is still being connected to the network {name}: try again"
            )))
        }
        Some(endpoint) if container.is_active() && has_interface(endpoint) => {
            Ok(vec![LeaveRequested { container: id, network: name }.into()])
        }
        Some(_) => Ok(vec![ContainerDisconnected { container: id, network: name }.into()]),
    }
}

const OF_THE_HOST: &str =
    "container cannot be disconnected from host network or connected to host network";

fn has_interface(endpoint: &Endpoint) -> bool {
    endpoint.lease.is_some_and(|lease| lease.mac.is_some())
}

fn refuse_removed(container: &Container) -> Result<(), Refusal> {
    if !container.removing {
        return Ok(());
    }
    Err(Refusal::Conflict(format!(
        "container {} is marked for removal and cannot be connected or disconnected to the network",
        container.id
    )))
}

fn check_mode(container: &Container, kept: &KeptNetwork) -> Result<(), Refusal> {
    refuse_removed(container)?;
    // A configuration is no network of the driver that it is shown with; a run finds that out, as in Docker.
    let driver = match kept.configured_pools() {
        Some(_) => NetworkDriver::Bridge,
        None => kept.network.driver,
    };
    let text = match (container.spec.network, driver) {
        (NetworkMode::Container, _) => {
            "container sharing network namespace with another container or host cannot be connected to any other network"
        }
        (NetworkMode::Host, _) | (_, NetworkDriver::Host) => OF_THE_HOST,
        (NetworkMode::None, _) | (_, NetworkDriver::Null) => {
            "container cannot be connected to multiple networks with one of the networks in private (none) mode"
        }
        (NetworkMode::Default | NetworkMode::Bridge | NetworkMode::User, NetworkDriver::Bridge) => {
            return Ok(());
        }
    };
    Err(Refusal::InvalidParameter(text.to_owned()))
}

/// Refuses what a network has not, in Docker's words.
pub(in crate::decide) fn check_request(
    network: &Network,
    request: &EndpointRequest,
) -> Result<(), Refusal> {
    let has_address = request.ipv4.is_some() || request.ipv6.is_some();
    let chosen = |is_ipv4: bool| network.pool(is_ipv4).is_some_and(|pool| pool.chosen);
    let unchosen =
        (request.ipv4.is_some() && !chosen(true)) || (request.ipv6.is_some() && !chosen(false));
    let text = if network.is_predefined() && has_address {
        "user specified IP address is supported on user defined networks only"
    } else if network.is_predefined() && !request.aliases.is_empty() {
        "network-scoped alias is supported only for containers in user defined networks"
    } else if unchosen {
        "user specified IP address is supported only when connecting to networks with user configured subnets"
    } else {
        return Ok(());
    };
    Err(Refusal::InvalidParameter(text.to_owned()))
}
