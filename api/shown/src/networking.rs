//! Which networks a new container joins: `HostConfig.NetworkMode` and `Links`, and `NetworkingConfig`.
//!
//! Whether a network is there, and has what is asked of it, is found out by the start, as in Docker.

use std::net::{Ipv4Addr, Ipv6Addr};

use api_types::{
    ApiVersion, ContainerConfig, ContainerCreateRequest, EndpointSettings, HostConfig,
};
use journal_domain::{EndpointRequest, MacAddress, Network, NetworkMode, Networking};

use crate::NetworkError;

/// The version from which on a container is created in several networks.
const SEVERAL_FROM: ApiVersion = ApiVersion::new(1, 44);

/// What stands before the container whose network is shared.
const CONTAINER: &str = "container:";

/// Names and links of one place: each is looked at by every look-up in its network.
const NAMES_MAX: usize = 1024;

/// Reads the mode: the predefined ones, and what is said elsewhere of others.
pub fn network_mode(mode: &str) -> NetworkMode {
    match mode {
        "" | "default" => NetworkMode::Default,
        Network::BRIDGE => NetworkMode::Bridge,
        Network::HOST => NetworkMode::Host,
        Network::NONE => NetworkMode::None,
        _ if mode.starts_with(CONTAINER) => NetworkMode::Container,
        _ => NetworkMode::User,
    }
}

/// Reads what a container's networks are beyond a predefined mode; `None` where they are no more than that.
pub fn networking(
    request: &ContainerCreateRequest,
    version: ApiVersion,
) -> Result<Option<Networking>, NetworkError> {
    let host = request.host();
    let mode = network_mode(&host.network_mode);
    check_conflicts(&request.config, host, mode)?;
    let asked = &request.networking_config.endpoints_config;
    if version < SEVERAL_FROM && asked.len() > 1 {
        let names: Vec<&str> = asked.keys().map(String::as_str).collect();
        return Err(NetworkError::invalid(format!(
            "Container cannot be connected to network endpoints: {}",
            names.join(", ")
        )));
    }
    let links = host.links.iter().map(|link| self::link(link)).collect::<Result<Vec<_>, _>>()?;
    let mut endpoints = Vec::with_capacity(asked.len());
    for (name, settings) in asked {
        let default = EndpointSettings::default();
        let name = if name == "default" { Network::BRIDGE } else { name };
        endpoints.push(endpoint(name, settings.as_ref().unwrap_or(&default))?);
    }
    let main = main_endpoint(&host.network_mode, mode);
    if !request.config.mac_address.is_empty() {
        let mac = mac_address(&request.config.mac_address)?;
        of(&mut endpoints, &main).mac.get_or_insert(mac);
    }
    // In a user's network links are names in its DNS, and belong to the place.
    let is_user = mode == NetworkMode::User;
    if is_user && !links.is_empty() {
        of(&mut endpoints, &main).links.extend(links.iter().cloned());
    }
    let is_plain = endpoints.iter().all(|one| *one == EndpointRequest::plain(&main));
    if mode.network_name().is_some() && is_plain && links.is_empty() {
        return Ok(None);
    }
    if mode.network_name().is_some() && endpoints.is_empty() {
        endpoints.push(EndpointRequest::plain(&main));
    }
    let mode = match mode {
        NetworkMode::Container => container(&host.network_mode)?.to_owned(),
        NetworkMode::User => host.network_mode.clone(),
        NetworkMode::Default | NetworkMode::Bridge | NetworkMode::Host | NetworkMode::None => {
            String::new()
        }
    };
    let links = if is_user { Vec::new() } else { links };
    Ok(Some(Networking { mode, endpoints, links }))
}

/// Reads what is asked of a place in a network.
pub fn endpoint(
    network: &str,
    settings: &EndpointSettings,
) -> Result<EndpointRequest, NetworkError> {
    let asked = settings.ipam_config.clone().unwrap_or_default();
    if asked.link_local_ips.is_some_and(|addresses| !addresses.is_empty()) {
        return Err(NetworkError::unbuilt("not built yet: IPAMConfig.LinkLocalIPs"));
    }
    if !settings.driver_opts.is_empty() {
        return Err(NetworkError::unbuilt("not built yet: DriverOpts of a place in a network"));
    }
    if settings.aliases.len() + settings.links.len() > NAMES_MAX {
        return Err(NetworkError::invalid(format!(
            "too many names in network {network}: at most {NAMES_MAX} are possible"
        )));
    }
    let mac = &settings.mac_address;
    Ok(EndpointRequest {
        network: network.to_owned(),
        aliases: settings.aliases.clone(),
        links: settings.links.iter().map(|link| self::link(link)).collect::<Result<_, _>>()?,
        ipv4: address::<Ipv4Addr>(asked.ipv4_address.as_deref(), "IPv4")?,
        ipv6: address::<Ipv6Addr>(asked.ipv6_address.as_deref(), "IPv6")?,
        mac: if mac.is_empty() { None } else { Some(mac_address(mac)?) },
        driver_options: settings.driver_opts.clone(),
    })
}

fn main_endpoint(text: &str, mode: NetworkMode) -> String {
    mode.network_name().unwrap_or(text).to_owned()
}

/// Gives the place in a network, a new one where nothing was asked of it.
fn of<'e>(endpoints: &'e mut Vec<EndpointRequest>, network: &str) -> &'e mut EndpointRequest {
    let known = endpoints.iter().position(|one| one.network == network);
    let index = known.unwrap_or_else(|| {
        endpoints.push(EndpointRequest::plain(network));
        endpoints.len() - 1
    });
    &mut endpoints[index]
}

fn container(mode: &str) -> Result<&str, NetworkError> {
    let target = mode.strip_prefix(CONTAINER).unwrap_or_default();
    if target.is_empty() {
        return Err(NetworkError::invalid(
            "invalid network mode: invalid container format container:<name|id>",
        ));
    }
    Ok(target)
}

/// Reads `name` or `name:alias`.
fn link(text: &str) -> Result<String, NetworkError> {
    let bad = || NetworkError::invalid(format!("bad format for links: {text}"));
    let (name, alias) = text.split_once(':').unwrap_or((text, text));
    if name.is_empty() || alias.is_empty() || alias.contains(':') {
        return Err(bad());
    }
    let (name, alias) = (name.trim_start_matches('/'), alias.rsplit('/').next().unwrap_or(alias));
    Ok(format!("{name}:{alias}"))
}

fn address<T: std::str::FromStr>(
    text: Option<&str>,
    family: &str,
) -> Result<Option<T>, NetworkError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let read = text
        .parse()
        .map_err(|_| NetworkError::invalid(format!("invalid {family} address: {text}")));
    read.map(Some)
}

fn mac_address(text: &str) -> Result<MacAddress, NetworkError> {
    let invalid = || NetworkError::invalid(format!("invalid MAC address: {text}"));
    let mut bytes = [0; 6];
    let mut parts = text.split([':', '-']);
    for byte in &mut bytes {
        let part = parts.next().filter(|part| part.len() == 2).ok_or_else(invalid)?;
        *byte = u8::from_str_radix(part, 16).map_err(|_| invalid())?;
    }
    // An address of a group is nobody's.
    if parts.next().is_some() || bytes[0] & 1 == 1 { Err(invalid()) } else { Ok(MacAddress(bytes)) }
}

fn check_conflicts(
    config: &ContainerConfig,
    host: &HostConfig,
    mode: NetworkMode,
) -> Result<(), NetworkError> {
    let undefined = "This would result in undefined behavior";
    let text = match mode {
        NetworkMode::Host if !host.links.is_empty() => {
            format!("host type networking can't be used with links. {undefined}")
        }
        NetworkMode::Container if !host.links.is_empty() => {
            format!("container type network can't be used with links. {undefined}")
        }
        NetworkMode::Container if !config.hostname.is_empty() => {
            "hostname and the network mode".to_owned()
        }
        NetworkMode::Container if !host.dns.is_empty() => "dns and the network mode".to_owned(),
        NetworkMode::Container if !host.extra_hosts.is_empty() => {
            "custom host-to-IP mapping and the network mode".to_owned()
        }
        NetworkMode::Container if !config.mac_address.is_empty() => {
            "mac-address and the network mode".to_owned()
        }
        NetworkMode::Container if !host.port_bindings.is_empty() || host.publish_all_ports => {
            "port publishing and the container type network mode".to_owned()
        }
        NetworkMode::Container if !config.exposed_ports.is_empty() => {
            "port exposing and the container type network mode".to_owned()
        }
        NetworkMode::Default
        | NetworkMode::Bridge
        | NetworkMode::Host
        | NetworkMode::None
        | NetworkMode::User
        | NetworkMode::Container => return Ok(()),
    };
    Err(NetworkError::invalid(format!("conflicting options: {text}")))
}

#[cfg(test)]
mod tests;
