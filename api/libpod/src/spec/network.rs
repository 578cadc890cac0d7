//! Networks, ports and names.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Made, Shared, namespaces::Namespace};
use crate::{error::Failure, fields::Fields};

/// Ports of the host that lead inside, as podman writes them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct PortMappings(Vec<PortMapping>);

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PortMapping {
    host_ip: String,
    container_port: u16,
    host_port: u16,
    range: u16,
    protocol: String,
}

/// Networks that are joined, and what is asked of each.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Networks(BTreeMap<String, Option<PlaceInNetwork>>);

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PlaceInNetwork {
    static_ips: Option<Vec<String>>,
    aliases: Option<Vec<String>>,
    static_mac: String,
    interface_name: String,
    options: Option<BTreeMap<String, String>>,
}

pub(super) fn take(
    fields: &mut Fields,
    made: &mut Made,
    shared: Option<&Shared>,
) -> Result<(), Failure> {
    let own: Namespace = fields.take("netns")?;
    let networks: Networks = first_of(fields, &["Networks", "networks"])?;
    let joins = shared.is_some() && networks.0.is_empty();
    let mode = match own.nsmode.as_str() {
        "bridge" => String::new(),
        "none" | "no-network" => "none".to_owned(),
        _ => own.mode("netns", "net", shared.filter(|_| joins), &[])?,
    };
    if mode.is_empty() {
        networks.join(made)?;
    } else if networks.0.is_empty() {
        made.host("NetworkMode", mode);
    } else {
        return Err(Failure::invalid(format!("networks cannot be joined with netns {mode}")));
    }
    fields.take::<PortMappings>("portmappings")?.publish(made)?;
    made.host("PublishAllPorts", fields.take::<bool>("publish_image_ports")?);
    let exposed: BTreeMap<String, String> = fields.take("expose")?;
    let exposed = exposed.iter().flat_map(|(port, protocols)| {
        protocols.split(',').map(move |protocol| (format!("{port}/{protocol}"), json!({})))
    });
    let mut all: Map<String, Value> = exposed.collect();
    if let Some(Value::Object(published)) = made.config.remove("ExposedPorts") {
        all.extend(published);
    }
    made.config("ExposedPorts", all);
    take_names(fields, made)
}

/// Takes what is said of names, of a container or of a pod.
pub(super) fn take_names(fields: &mut Fields, made: &mut Made) -> Result<(), Failure> {
    made.host("Dns", fields.take::<Vec<String>>("dns_server")?);
    made.host("DnsSearch", fields.take::<Vec<String>>("dns_search")?);
    made.host("DnsOptions", fields.take::<Vec<String>>("dns_option")?);
    let hosts: Vec<String> = fields.take("hostadd")?;
    // One line of podman's may name several hosts: `a;b:192.0.2.1`.
    let lines = hosts.iter().flat_map(|line| {
        let (names, address) = line.split_once(':').unwrap_or((line, ""));
        names.split(';').map(move |name| format!("{name}:{address}"))
    });
    made.host("ExtraHosts", lines.collect::<Vec<_>>());
    Ok(())
}

/// Says what is asked of a network, of one that is joined from the start or later.
pub(crate) fn endpoint(addresses: &[String], aliases: &[String], mac: &str) -> Value {
    let kind = |address: &str| if address.contains(':') { "IPv6Address" } else { "IPv4Address" };
    let asked = addresses.iter().map(|address| (kind(address).to_owned(), json!(address)));
    json!({ "Aliases": aliases, "MacAddress": mac, "IPAMConfig": asked.collect::<Map<_, _>>() })
}

fn first_of<T: serde::de::DeserializeOwned + Default>(
    fields: &mut Fields,
    names: &[&str],
) -> Result<T, Failure> {
    let name = names.iter().find(|name| fields.has(name)).unwrap_or(&"");
    fields.take(name)
}

// === impl PortMappings ===

impl PortMappings {
    /// Puts the ports into a request.
    pub(crate) fn publish(&self, made: &mut Made) -> Result<(), Failure> {
        let (mut exposed, mut bindings) = (Map::new(), BTreeMap::<String, Vec<Value>>::new());
        for mapping in &self.0 {
            let protocols = if mapping.protocol.is_empty() { "tcp" } else { &mapping.protocol };
            for (offset, protocol) in (0..mapping.range.max(1))
                .flat_map(|one| protocols.split(',').map(move |p| (one, p)))
            {
                let beyond = || Failure::invalid("a range of ports ends beyond the last port");
                let port = |first: u16| first.checked_add(offset).ok_or_else(beyond);
                let inside = format!("{}/{protocol}", port(mapping.container_port)?);
                let outside = match mapping.host_port {
                    0 => String::new(),
                    first => port(first)?.to_string(),
                };
                exposed.insert(inside.clone(), json!({}));
                let place = json!({ "HostIp": mapping.host_ip, "HostPort": outside });
                bindings.entry(inside).or_default().push(place);
            }
        }
        made.config("ExposedPorts", exposed);
        made.host("PortBindings", json!(bindings));
        Ok(())
    }
}

// === impl Networks ===

impl Networks {
    /// Puts the networks into a request; the first is that of the mode.
    pub(crate) fn join(&self, made: &mut Made) -> Result<(), Failure> {
        let mut endpoints = Map::new();
        for (name, place) in &self.0 {
            let place = place.clone().unwrap_or_default();
            if !place.interface_name.is_empty() {
                return Err(Failure::not_built("Networks.interface_name"));
            }
            if place.options.is_some_and(|options| !options.is_empty()) {
                return Err(Failure::not_built("Networks.options"));
            }
            let addresses = place.static_ips.unwrap_or_default();
            let aliases = place.aliases.unwrap_or_default();
            endpoints.insert(name.clone(), endpoint(&addresses, &aliases, &place.static_mac));
        }
        if let Some(first) = self.0.keys().next() {
            made.host("NetworkMode", first.as_str());
            made.config("NetworkingConfig", json!({ "EndpointsConfig": endpoints }));
        }
        Ok(())
    }
}
