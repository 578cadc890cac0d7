//! What is told of networks: their own events, and the containers that join and leave them.

use std::collections::BTreeMap;

use api_types::EventMessage;
use journal_domain::{
    ContainerDisconnected, ContainerId, ContainerWired, Network, NetworkConfiguration,
    NetworkEvent, NetworkId,
};
use journal_log::Timestamp;
use projector_containers::{Container, Endpoint, State, Wiring};

use super::message;

/// Tells of a network; that it shall be or go is told when it is or has.
pub(super) fn network(state: &State, event: &NetworkEvent, at: Timestamp) -> Vec<EventMessage> {
    let known = |id: &NetworkId, action: &str| {
        let kept = state.networks().get(id).into_iter();
        kept.map(|kept| told(&kept.network, action, None, at)).collect()
    };
    match event {
        NetworkEvent::Made(event) => known(&event.id, "create"),
        NetworkEvent::Removed(event) => known(&event.id, "destroy"),
        NetworkEvent::Pruned(_) => {
            let reclaimed = ("reclaimed".to_owned(), "0".to_owned());
            vec![message("network", "prune".into(), String::new(), [reclaimed].into(), at)]
        }
        NetworkEvent::Wired(event) => wired(state, event, at),
        NetworkEvent::Disconnected(event) => left(state, event, at),
        // Nothing has to be made of a configuration.
        NetworkEvent::Configured(event) => match event.configuration {
            NetworkConfiguration::Only { .. } => vec![told(&event.network, "create", None, at)],
            NetworkConfiguration::From { .. } => Vec::new(),
        },
        NetworkEvent::Created(_)
        | NetworkEvent::Failed(_)
        | NetworkEvent::RemovalRequested(_)
        | NetworkEvent::Leased(_)
        | NetworkEvent::Connected(_)
        | NetworkEvent::LeaveRequested(_) => Vec::new(),
    }
}

/// Tells that a run is in its networks.
pub(super) fn joined(state: &State, container: &Container, at: Timestamp) -> Vec<EventMessage> {
    of_run(state, container, "connect", at)
}

/// Tells that a run is in its networks no more.
pub(super) fn parted(state: &State, container: &Container, at: Timestamp) -> Vec<EventMessage> {
    of_run(state, container, "disconnect", at)
}

fn of_run(state: &State, container: &Container, action: &str, at: Timestamp) -> Vec<EventMessage> {
    let there = container.endpoints.iter().filter(|one| one.wiring != Wiring::Coming);
    there.filter_map(|one| place(state, container.id, one, action, at)).collect()
}

fn wired(state: &State, event: &ContainerWired, at: Timestamp) -> Vec<EventMessage> {
    let container = state.container(&event.container).filter(|_| event.error.is_empty());
    let endpoints = container.into_iter().flat_map(|container| &container.endpoints);
    let concerned = endpoints.filter(|endpoint| {
        endpoint.lease.is_some_and(|lease| event.endpoints.contains(&lease.endpoint))
    });
    let told = concerned.filter_map(|endpoint| {
        let action = match endpoint.wiring {
            Wiring::Coming => "connect",
            Wiring::Leaving => "disconnect",
            Wiring::Done => return None,
        };
        place(state, event.container, endpoint, action, at)
    });
    told.collect()
}

fn left(state: &State, event: &ContainerDisconnected, at: Timestamp) -> Vec<EventMessage> {
    let container = state.container(&event.container);
    let endpoint = container.and_then(|container| container.endpoint(&event.network));
    let told =
        endpoint.and_then(|endpoint| place(state, event.container, endpoint, "disconnect", at));
    told.into_iter().collect()
}

fn place(
    state: &State,
    container: ContainerId,
    endpoint: &Endpoint,
    action: &str,
    at: Timestamp,
) -> Option<EventMessage> {
    let kept = match &endpoint.lease {
        Some(lease) => state.networks().get(&lease.network)?,
        None => state.networks().find(endpoint.network()).ok()?,
    };
    Some(told(&kept.network, action, Some(container), at))
}

fn told(
    network: &Network,
    action: &str,
    container: Option<ContainerId>,
    at: Timestamp,
) -> EventMessage {
    let mut attributes = BTreeMap::from([
        ("name".to_owned(), network.name.clone()),
        ("type".to_owned(), network.driver.as_str().to_owned()),
    ]);
    attributes.extend(container.map(|id| ("container".to_owned(), id.to_string())));
    message("network", action.into(), network.id.to_string(), attributes, at)
}
