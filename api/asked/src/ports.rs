//! `HostConfig.PortBindings` and `PublishAllPorts`: ports of the host that shall lead into a container.

use std::net::IpAddr;

use api_types::{HostConfig, PortBinding, PortMap};
use journal_domain::{ContainerPort, HostPlace, NetworkMode, Protocol, PublishedPort, Publishing};
use projector_containers::Container;

use crate::Unfit;

/// Places on the host that one container may have. The largest use is the passive range of a file server, a thousand;
/// each place is two sockets.
const PLACES_MAX: usize = 4096;

/// Reads the ports; `None` where there are none.
pub(super) fn publishing(host: &HostConfig) -> Result<Option<Publishing>, Unfit> {
    let places: usize = host.port_bindings.values().flatten().map(Vec::len).sum();
    if places > PLACES_MAX || host.port_bindings.len() > PLACES_MAX {
        return Err(Unfit::invalid(format!(
            "too many published ports: {}, at most {PLACES_MAX} are possible",
            places.max(host.port_bindings.len())
        )));
    }
    let mut ports: Vec<PublishedPort> = Vec::with_capacity(host.port_bindings.len());
    for (port, bindings) in &host.port_bindings {
        let port = container_port(port)?;
        let places = bindings.iter().flatten().map(place).collect::<Result<Vec<_>, _>>()?;
        // `80` and `80/tcp` are one port.
        match ports.iter_mut().find(|published| published.port == port) {
            Some(published) => published.places.extend(places),
            None => ports.push(PublishedPort { port, places }),
        }
    }
    let all = host.publish_all_ports;
    Ok((all || !ports.is_empty()).then_some(Publishing { all, ports }))
}

/// Tells what of the ports is not honoured, in Docker's words.
pub fn port_warnings(network: NetworkMode, publishing: Option<&Publishing>) -> Vec<String> {
    let asked = publishing.is_some_and(|publishing| !publishing.ports.is_empty());
    if asked && network == NetworkMode::Host {
        return vec!["Published ports are discarded when using host network mode".to_owned()];
    }
    Vec::new()
}

/// Shows what was sent.
pub(super) fn show(container: &Container, host: &mut HostConfig) {
    let Some(publishing) = container.publishing() else { return };
    host.publish_all_ports = publishing.all;
    let binding = |place: &HostPlace| PortBinding {
        host_ip: place.address_text.clone(),
        host_port: place.port_text.clone(),
    };
    let shown = publishing.ports.iter().map(|published| {
        let bindings = published.places.iter().map(binding).collect();
        (published.port.to_string(), Some(bindings))
    });
    host.port_bindings = shown.collect();
}

/// Gives the ports that a running container listens on, each with where the host does; `null` for those that are not
/// published.
pub(super) fn port_map(container: &Container) -> PortMap {
    if container.running().is_none() || !container.spec.network.has_interfaces() {
        return PortMap::new();
    }
    let mut map: PortMap =
        container.spec.exposed_ports.iter().map(|port| (port.clone(), None)).collect();
    for published in container.publishing().iter().flat_map(|publishing| &publishing.ports) {
        map.entry(published.port.to_string()).or_default();
    }
    for bound in container.bound_ports() {
        let bindings = map.entry(bound.port.to_string()).or_default();
        bindings.get_or_insert_default().push(PortBinding {
            host_ip: bound.host.ip().to_string(),
            host_port: bound.host.port().to_string(),
        });
    }
    map
}

/// Reads `80`, `80/tcp` and the like.
fn container_port(text: &str) -> Result<ContainerPort, Unfit> {
    let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let protocol = match protocol.to_ascii_lowercase().as_str() {
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        "sctp" => {
            return Err(Unfit::unbuilt(format!(
                "not built yet: HostConfig.PortBindings of {text}; tcp and udp are published"
            )));
        }
        other => return Err(Unfit::invalid(format!("invalid transport protocol: {other}"))),
    };
    let number = port_number(number).filter(|number| *number > 0).ok_or_else(|| no_port(number))?;
    Ok(ContainerPort { number, protocol })
}

fn place(binding: &PortBinding) -> Result<HostPlace, Unfit> {
    let text = binding.host_ip.as_str();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address: Option<IpAddr> = match bare {
        "" => None,
        bare => {
            let parsed = bare.parse();
            Some(parsed.map_err(|_| Unfit::invalid(format!("invalid IP address: {text}")))?)
        }
    };
    // Docker reads a protocol behind the host's port, too, and does nothing with it.
    let ports = binding.host_port.split('/').next().unwrap_or_default();
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    let range = match ports {
        "" => Some((0, 0)),
        _ => port_number(first).zip(port_number(last)).filter(|(first, last)| first <= last),
    };
    let (first_port, last_port) = range.ok_or_else(|| no_port(ports))?;
    Ok(HostPlace {
        address,
        first_port,
        last_port,
        address_text: binding.host_ip.clone(),
        port_text: binding.host_port.clone(),
    })
}

/// Reads digits only: no sign, no space.
fn port_number(text: &str) -> Option<u16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn no_port(text: &str) -> Unfit {
    Unfit::invalid(format!("invalid port specification: \"{text}\""))
}

#[cfg(test)]
mod tests;
