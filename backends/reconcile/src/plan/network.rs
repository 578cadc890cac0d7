//! Networks and interfaces that are still to come or to go, and what a run is started with of them.

use std::sync::Arc;

use backends_core::{EndpointWork, LinkWork, RunId, WireWork};
use journal_domain::{ContainerPort, EndpointId, NetworkMode};
use projector_containers::{Container, Endpoint, KeptNetwork, State, Wiring};

use crate::Step;

pub(super) fn network_step(kept: &KeptNetwork) -> Step {
    let network = Arc::clone(&kept.network);
    if kept.removing { Step::RemoveNetwork(network) } else { Step::MakeNetwork(network) }
}

/// Gives the change of a run's interfaces that is still to be made.
pub(super) fn wire_step(state: &State, container: &Container) -> Option<Step> {
    if !container.is_rewired() {
        return None;
    }
    let of = |wiring: Wiring| works(state, container, move |endpoint| endpoint.wiring == wiring);
    let staying = works(state, container, |endpoint| endpoint.wiring != Wiring::Leaving);
    Some(Step::Wire(WireWork {
        run: RunId { container: container.id, incarnation: container.incarnation },
        hostname: container.hostname(),
        coming: of(Wiring::Coming),
        leaving: of(Wiring::Leaving),
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

/// Gives what a run on the default bridge is told of the containers that it is linked to.
pub(super) fn links(state: &State, container: &Container) -> Vec<LinkWork> {
    let on_bridge = match container.spec.network {
        NetworkMode::Default | NetworkMode::Bridge => container.networking(),
        NetworkMode::Host | NetworkMode::None | NetworkMode::User | NetworkMode::Container => None,
    };
    let links = on_bridge.into_iter().flat_map(|networking| &networking.links);
    links.filter_map(|link| linked(state, container, link)).collect()
}

fn linked(state: &State, container: &Container, link: &str) -> Option<LinkWork> {
    let (target, alias) = link.split_once(':')?;
    let other = state.find(target).ok()?;
    let mut addresses = other.leases().flat_map(|lease| lease.addresses());
    let address = addresses.find(std::net::IpAddr::is_ipv4)?;
    let mut names = vec![alias.to_owned(), other.hostname(), other.name.to_string()];
    names.dedup();
    let prefix = alias.to_uppercase().replace('-', "_");
    let mut env = Vec::new();
    let mut ports: Vec<ContainerPort> =
        other.spec.exposed_ports.iter().filter_map(|text| ContainerPort::parse(text)).collect();
    ports.sort_unstable();
    let place =
        |port: &ContainerPort| format!("{}://{address}:{}", port.protocol.as_str(), port.number);
    env.extend(ports.first().map(|port| format!("{prefix}_PORT={}", place(port))));
    for port in &ports {
        let (number, protocol) = (port.number, port.protocol.as_str());
        let name = format!("{prefix}_PORT_{number}_{}", protocol.to_uppercase());
        env.push(format!("{name}={}", place(port)));
        env.push(format!("{name}_ADDR={address}"));
        env.push(format!("{name}_PORT={number}"));
        env.push(format!("{name}_PROTO={protocol}"));
    }
    env.push(format!("{prefix}_NAME=/{}/{alias}", container.name));
    Some(LinkWork { container: other.id, address, names, prefix, env })
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
