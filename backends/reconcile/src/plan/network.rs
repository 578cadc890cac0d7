//! Networks and interfaces that are still to come or to go, and what a run is started with of them.

use std::sync::Arc;

use backends_core::{EndpointWork, RunId, WireChange, WireWork};
use journal_domain::EndpointId;
use projector_containers::{Container, Endpoint, KeptNetwork, State, Wiring};

use crate::Step;

pub(super) fn network_step(kept: &KeptNetwork) -> Step {
    let network = Arc::clone(&kept.network);
    if kept.removing { Step::RemoveNetwork(network) } else { Step::MakeNetwork(network) }
}

/// Gives the next change of a run's interfaces that is still to be made: what goes makes room for what comes.
pub(super) fn wire_step(state: &State, container: &Container) -> Option<Step> {
    if !container.is_rewired() {
        return None;
    }
    let first = |wiring: Wiring| {
        works(state, container, move |endpoint| endpoint.wiring == wiring).into_iter().next()
    };
    let goes = first(Wiring::Leaving).map(WireChange::Go);
    let change = goes.or_else(|| first(Wiring::Coming).map(WireChange::Come))?;
    let mut staying = works(state, container, |endpoint| endpoint.wiring == Wiring::Done);
    if let WireChange::Come(endpoint) = &change {
        staying.push(endpoint.clone());
    }
    Some(Step::Wire(WireWork {
        run: RunId { container: container.id, incarnation: container.incarnation },
        hostname: container.hostname(),
        change,
        way_out: way_out(&staying),
        staying,
    }))
}

/// Gives the places that a run begins with; what has joined since comes by itself.
pub(super) fn endpoints(state: &State, container: &Container) -> Vec<EndpointWork> {
    works(state, container, |endpoint| endpoint.wiring != Wiring::Coming)
}

/// Gives the place by which a run reaches what is in none of its networks: in the first by name that leads out.
pub(super) fn way_out(endpoints: &[EndpointWork]) -> Option<EndpointId> {
    let leads = |one: &&EndpointWork| !one.network.internal && one.lease.mac.is_some();
    let first = endpoints.iter().filter(leads).min_by_key(|one| one.network.name.as_str());
    first.map(|one| one.lease.endpoint)
}

fn works(
    state: &State,
    container: &Container,
    admits: impl Fn(&Endpoint) -> bool,
) -> Vec<EndpointWork> {
    let admitted = container.endpoints.iter().filter(|endpoint| admits(endpoint));
    let works = admitted.filter_map(|endpoint| {
        let lease = endpoint.lease?;
        let network = Arc::clone(&state.networks().get(&lease.network)?.network);
        Some(EndpointWork { network, lease })
    });
    works.collect()
}
