//! What inspect and list show of a container's network.

use std::collections::BTreeMap;

use api_types::{EndpointIpamConfig, EndpointSettings, NetworkSettings, PortMap, PortSummary};
use journal_domain::LeasedAddress;
use projector_containers::{Container, Endpoint, State};

/// Makes the `NetworkSettings` of a container with the ports that are shown of it.
pub fn network_settings(state: &State, container: &Container, ports: PortMap) -> NetworkSettings {
    let networks = networks(state, container);
    let pid = container.running().map(|run| run.pid);
    let mut settings = NetworkSettings {
        sandbox_key: pid.map(|pid| format!("/proc/{pid}/ns/net")).unwrap_or_default(),
        ports,
        ..NetworkSettings::default()
    };
    // Fields of old clients repeat the default bridge's endpoint.
    if let Some(endpoint) = networks.get("bridge") {
        settings.endpoint_id.clone_from(&endpoint.endpoint_id);
        settings.gateway.clone_from(&endpoint.gateway);
        settings.ip_address.clone_from(&endpoint.ip_address);
        settings.ip_prefix_len = endpoint.ip_prefix_len;
        settings.mac_address.clone_from(&endpoint.mac_address);
    }
    NetworkSettings { networks, ..settings }
}

/// Makes the endpoints of a container by the name of the network.
pub fn networks(state: &State, container: &Container) -> BTreeMap<String, EndpointSettings> {
    if container.no_network().is_some() {
        return BTreeMap::new();
    }
    let endpoints = container.endpoints.iter();
    endpoints.map(|one| (one.network().to_owned(), endpoint(state, container, one))).collect()
}

/// Lists the ports of a running container: where the host listens, and those that are only exposed.
pub fn port_summaries(container: &Container) -> Vec<PortSummary> {
    if container.running().is_none() {
        return Vec::new();
    }
    let bound = container.bound_ports();
    let published = bound.iter().map(|bound| PortSummary {
        ip: bound.host.ip().to_string(),
        private_port: bound.port.number,
        public_port: bound.host.port(),
        kind: bound.port.protocol.as_str().to_owned(),
    });
    let exposed = container.spec.exposed_ports.iter().filter_map(|text| {
        let (port, kind) = text.split_once('/')?;
        let private_port = port.parse().ok()?;
        let is_bound = bound.iter().any(|bound| bound.port.to_string() == *text);
        (!is_bound).then(|| PortSummary {
            private_port,
            kind: kind.to_owned(),
            ..PortSummary::default()
        })
    });
    published.chain(exposed).collect()
}

fn endpoint(state: &State, container: &Container, endpoint: &Endpoint) -> EndpointSettings {
    let request = &*endpoint.request;
    let kept = state.networks().find(&request.network).ok();
    let asked = EndpointIpamConfig {
        ipv4_address: request.ipv4.map(|address| address.to_string()),
        ipv6_address: request.ipv6.map(|address| address.to_string()),
        link_local_ips: None,
    };
    let has_names = kept.is_none_or(|kept| !kept.network.is_predefined());
    let names = || [container.name.to_string(), container.id.short()].into_iter();
    let shown = EndpointSettings {
        ipam_config: (asked != EndpointIpamConfig::default()).then_some(asked),
        links: request.links.clone(),
        aliases: request.aliases.clone(),
        driver_opts: request.driver_options.clone(),
        mac_address: request.mac.map(|mac| mac.to_string()).unwrap_or_default(),
        network_id: kept.map(|kept| kept.network.id.to_string()).unwrap_or_default(),
        dns_names: if has_names {
            names().chain(request.aliases.iter().cloned()).collect()
        } else {
            Vec::new()
        },
        ..EndpointSettings::default()
    };
    let Some(lease) = &endpoint.lease else { return shown };
    let gateway = |leased: Option<LeasedAddress>| {
        leased.and_then(|leased| leased.gateway).map(|at| at.to_string()).unwrap_or_default()
    };
    let address = |leased: Option<LeasedAddress>| {
        leased.map(|leased| leased.address.to_string()).unwrap_or_default()
    };
    let bits = |leased: Option<LeasedAddress>| leased.map_or(0, |leased| leased.prefix_bits.into());
    EndpointSettings {
        mac_address: lease.mac.map(|mac| mac.to_string()).unwrap_or_default(),
        network_id: lease.network.to_string(),
        endpoint_id: lease.endpoint.to_string(),
        gateway: gateway(lease.ipv4),
        ip_address: address(lease.ipv4),
        ip_prefix_len: bits(lease.ipv4),
        ipv6_gateway: gateway(lease.ipv6),
        global_ipv6_address: address(lease.ipv6),
        global_ipv6_prefix_len: bits(lease.ipv6),
        ..shown
    }
}
