//! What a run is started with, taken from the state as it is when the start goes on record.

use std::collections::BTreeMap;

use journal_domain::{ContainerPort, Link, Namespaces, NetworkMode};

use crate::{Container, Peer, Phase, StartRequest, State};

pub(super) fn of(state: &State, container: &Container) -> StartRequest {
    StartRequest {
        name: container.name.clone(),
        spec: container.spec.clone(),
        options: container.options.clone(),
        size: container.size,
        bridge: state.bridge.as_ref().map(|bridge| bridge.config.clone()),
        peers: peers(state, container),
        links: links(state, container),
    }
}

/// Completes the starts of a state from before schema 21: they ask for what they would ask now.
pub(crate) fn complete(state: &mut State) {
    let starting = state.containers.values();
    let starting = starting.filter(|container| matches!(container.phase, Phase::Starting(_)));
    let requests: Vec<_> = starting.map(|container| (container.id, of(state, container))).collect();
    for (id, StartRequest { options, peers, links, .. }) in requests {
        state.change(&id, |container| {
            if let Phase::Starting(starting) = &mut container.phase {
                let request = &mut starting.request;
                (request.options, request.peers, request.links) = (options, peers, links);
            }
        });
    }
}

/// Finds the runs of the containers whose network or other namespaces a container shares. One that does not run is left out.
fn peers(state: &State, container: &Container) -> BTreeMap<String, Peer> {
    let run = |text: &str| {
        let peer = state.find(text).ok().filter(|peer| peer.running().is_some())?;
        let run = Peer { container: peer.id, incarnation: peer.incarnation };
        Some((text.to_owned(), run))
    };
    let namespaces = container.namespaces().into_iter().flat_map(Namespaces::peers);
    let names = container.pod().and_then(|place| place.uts_of.as_deref());
    namespaces.chain(container.shares_network_of()).chain(names).filter_map(run).collect()
}

/// Gives what a run on the default bridge is told of the containers that it is linked to.
fn links(state: &State, container: &Container) -> Vec<Link> {
    let on_bridge = match container.spec.network {
        NetworkMode::Default | NetworkMode::Bridge => container.networking(),
        NetworkMode::Host | NetworkMode::None | NetworkMode::User | NetworkMode::Container => None,
    };
    let links = on_bridge.into_iter().flat_map(|networking| &networking.links);
    links.filter_map(|link| linked(state, container, link)).collect()
}

fn linked(state: &State, container: &Container, link: &str) -> Option<Link> {
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
    Some(Link { container: other.id, address, names, prefix, env })
}
