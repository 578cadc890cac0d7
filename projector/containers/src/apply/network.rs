//! Events of networks, and of containers' places in them.

use std::sync::Arc;

use journal_domain::{
    ContainerConnected, ContainerId, ContainerWired, EndpointRequest, Network, NetworkEvent,
    NetworkLease, NetworkMode, Networking,
};
use projector_machine::Stamp;

use crate::{Endpoint, Phase, State, Wiring};

pub(crate) fn apply(state: &mut State, event: &NetworkEvent, stamp: Stamp) {
    match event {
        NetworkEvent::Created(event) => {
            state.networks.add(Arc::clone(&event.network), None, stamp.at);
        }
        NetworkEvent::Configured(event) => {
            let configuration = Some(event.configuration.clone());
            state.networks.add(Arc::clone(&event.network), configuration, stamp.at);
        }
        NetworkEvent::Made(event) => state.networks.change(&event.id, |kept| kept.is_made = true),
        NetworkEvent::Failed(event) => state.networks.forget(&event.id),
        NetworkEvent::RemovalRequested(event) => {
            state.networks.change(&event.id, |kept| kept.removing = true);
        }
        NetworkEvent::Removed(event) => state.networks.forget(&event.id),
        // It is there to be read in the log; each removal has events of its own.
        NetworkEvent::Pruned(_) => {}
        NetworkEvent::Leased(event) => leased(state, event.container, &event.leases),
        NetworkEvent::Connected(event) => connected(state, event),
        NetworkEvent::LeaveRequested(event) => {
            change(state, &event.container, &event.network, |endpoint| {
                endpoint.wiring = Wiring::Leaving;
            });
        }
        NetworkEvent::Disconnected(event) => {
            remove(state, event.container, |endpoint| endpoint.network() == event.network);
        }
        NetworkEvent::Wired(event) => wired(state, event),
    }
}

/// Gives the places in networks that a mode alone says.
pub(super) fn of_mode(mode: NetworkMode) -> Vec<Endpoint> {
    let network = mode.network_name().into_iter();
    network.map(|name| Endpoint::new(Arc::new(EndpointRequest::plain(name)))).collect()
}

/// Gives the places in networks that a client asked for.
pub(super) fn asked(networking: &Networking) -> Vec<Endpoint> {
    networking.endpoints.iter().map(|asked| Endpoint::new(Arc::new(asked.clone()))).collect()
}

/// Notes the places that a run has.
pub(super) fn leased(state: &mut State, id: ContainerId, leases: &[NetworkLease]) {
    for lease in leases {
        let Some(kept) = state.networks.get(&lease.network).cloned() else { continue };
        state.networks.hold(id, lease);
        // A network may be called by its id where it was not there when the container was created.
        let name = {
            let container = state.containers.get(&id);
            let mut endpoints = container.iter().flat_map(|container| &container.endpoints);
            let of_network = |endpoint: &&Endpoint| is_of(state, endpoint, &kept.network);
            endpoints.find(of_network).map(|endpoint| endpoint.network().to_owned())
        };
        let Some(name) = name else { continue };
        change(state, &id, &name, |endpoint| {
            if name != kept.network.name {
                Arc::make_mut(&mut endpoint.request).network.clone_from(&kept.network.name);
            }
            endpoint.lease = Some(*lease);
        });
    }
}

fn is_of(state: &State, endpoint: &Endpoint, network: &Network) -> bool {
    endpoint.network() == network.name
        || state.networks.find(endpoint.network()).is_ok_and(|found| found.network.id == network.id)
}

/// Gives back the places of a run that has ended. What was to go is gone, and what was to come comes with the next run.
pub(super) fn left(state: &mut State, id: ContainerId) {
    let Some(container) = state.containers.get(&id) else { return };
    let leases: Vec<NetworkLease> = container.leases().copied().collect();
    if !journal_log::planted!("address-never-freed") {
        leases.iter().for_each(|lease| state.networks.release(id, lease));
    }
    state.change(&id, |container| {
        container.endpoints.retain(|endpoint| endpoint.wiring != Wiring::Leaving);
        for endpoint in &mut container.endpoints {
            (endpoint.lease, endpoint.wiring) = (None, Wiring::Done);
        }
    });
}

fn connected(state: &mut State, event: &ContainerConnected) {
    if let Some(lease) = &event.lease {
        state.networks.hold(event.container, lease);
    }
    let wiring = if event.lease.is_some() { Wiring::Coming } else { Wiring::Done };
    let (request, lease) = (Arc::clone(&event.request), event.lease);
    let endpoint = Endpoint { request, lease, wiring };
    state.change(&event.container, |container| {
        let known =
            container.endpoints.iter_mut().find(|known| known.network() == endpoint.network());
        match known {
            Some(known) => *known = endpoint,
            None => container.endpoints.push(endpoint),
        }
        settle(container, None);
    });
}

fn wired(state: &mut State, event: &ContainerWired) {
    let failed = !event.error.is_empty();
    // What could not come is given up, and what could not go stays.
    let gone = if failed { Wiring::Coming } else { Wiring::Leaving };
    let concerns = |endpoint: &Endpoint| {
        endpoint.lease.is_some_and(|lease| event.endpoints.contains(&lease.endpoint))
    };
    remove(state, event.container, |endpoint| concerns(endpoint) && endpoint.wiring == gone);
    state.change(&event.container, |container| {
        for endpoint in container.endpoints.iter_mut().filter(|endpoint| concerns(endpoint)) {
            endpoint.wiring = Wiring::Done;
        }
        settle(container, failed.then(|| event.error.clone()));
        container.delay = None;
    });
}

fn settle(container: &mut crate::Container, failure: Option<String>) {
    match &mut container.phase {
        Phase::Running(run) => run.wiring_failure = failure,
        Phase::Created(_) | Phase::Starting(_) | Phase::Exited(_) => {}
    }
}

fn remove(state: &mut State, id: ContainerId, goes: impl Fn(&Endpoint) -> bool) {
    let Some(container) = state.containers.get(&id) else { return };
    let going = container.endpoints.iter().filter(|endpoint| goes(endpoint));
    let leases: Vec<NetworkLease> = going.filter_map(|endpoint| endpoint.lease).collect();
    leases.iter().for_each(|lease| state.networks.release(id, lease));
    state.change(&id, |container| container.endpoints.retain(|endpoint| !goes(endpoint)));
}

fn change(state: &mut State, id: &ContainerId, network: &str, change: impl FnOnce(&mut Endpoint)) {
    state.change(id, |container| {
        let found = container.endpoints.iter_mut().find(|known| known.network() == network);
        if let Some(found) = found {
            change(found);
        }
    });
}
