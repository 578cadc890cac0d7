//! What inspect and list show of a container's network.

use std::collections::BTreeMap;

use api_types::{EndpointSettings, NetworkSettings, PortSummary};
use journal_domain::{EndpointLease, NetworkMode};
use projector_containers::{Container, State};

use super::{host_config::network_name, ports::port_map};

/// Makes the `NetworkSettings` of a container.
pub(super) fn network_settings(state: &State, container: &Container) -> NetworkSettings {
    let networks = networks(state, container);
    let pid = container.running().map(|run| run.pid);
    let mut settings = NetworkSettings {
        sandbox_key: pid.map(|pid| format!("/proc/{pid}/ns/net")).unwrap_or_default(),
        ports: port_map(container),
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

/// Makes the endpoints of a container by the name of the network: there is always one.
pub(super) fn networks(state: &State, container: &Container) -> BTreeMap<String, EndpointSettings> {
    let mode = container.spec.network;
    let endpoint = match mode {
        NetworkMode::Default | NetworkMode::Bridge => bridge_endpoint(state, container.lease()),
        NetworkMode::Host | NetworkMode::None => EndpointSettings::default(),
    };
    BTreeMap::from([(network_name(mode).to_owned(), endpoint)])
}

/// Lists the ports of a running container: where the host listens, and those that are only exposed.
pub(super) fn port_summaries(container: &Container) -> Vec<PortSummary> {
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

fn bridge_endpoint(state: &State, lease: Option<&EndpointLease>) -> EndpointSettings {
    let Some(lease) = lease else {
        let network = state.bridge().map(|bridge| bridge.config.network.to_string());
        return EndpointSettings {
            network_id: network.unwrap_or_default(),
            ..EndpointSettings::default()
        };
    };
    EndpointSettings {
        mac_address: lease.mac.to_string(),
        network_id: lease.network.to_string(),
        endpoint_id: lease.endpoint.to_string(),
        gateway: lease.gateway.to_string(),
        ip_address: lease.address.to_string(),
        ip_prefix_len: lease.prefix_bits.into(),
        ..EndpointSettings::default()
    }
}
