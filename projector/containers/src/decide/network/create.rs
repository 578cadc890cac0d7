//! `docker network create`: what a network is, with everything that its client left open chosen.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

use journal_domain::{
    AddressPool, CreateNetwork, Network, NetworkCreated, NetworkDriver, NetworkId, NetworkRequest,
    PoolRequest, Refusal, Subnet, parse_bool,
};

use super::Decision;
use crate::State;

/// Networks that there may be.
///
/// Each is a bridge with a table of rules, through which packets of all others pass too; Docker's own pools of addresses end
/// at thirty.
const NETWORKS_MAX: usize = 1024;

/// Bytes of a network's name; Docker has no limit, and names in DNS have one of 253.
const NAME_BYTES_MAX: usize = 253;

/// Bytes of an interface's name that the kernel takes, without the zero at its end.
const INTERFACE_BYTES_MAX: usize = 15;

/// The smallest networks that hold a container beside the network itself.
const IPV4_PREFIX_MAX: u8 = 30;
const IPV6_PREFIX_MAX: u8 = 126;

/// Options of dockerd's bridges that are not built.
const UNBUILT: &[&str] = &[
    "com.docker.network.bridge.inhibit_ipv4",
    "com.docker.network.bridge.gateway_mode_ipv4",
    "com.docker.network.bridge.gateway_mode_ipv6",
    "com.docker.network.bridge.trusted_host_interfaces",
    "com.docker.network.container_iface_prefix",
    "com.docker.network.host_ipv4",
    "com.docker.network.host_ipv6",
];

pub(super) fn create(state: &State, command: &CreateNetwork) -> Decision {
    check_place(state, &command.request.name)?;
    Ok(vec![NetworkCreated { network: Arc::new(network(state, command)?) }.into()])
}

/// Refuses names that cannot be had, and one network too many.
pub(super) fn check_place(state: &State, name: &str) -> Result<(), Refusal> {
    check_name(state, name)?;
    if state.networks.count() < NETWORKS_MAX {
        return Ok(());
    }
    Err(Refusal::Exhausted(format!(
        "there are {NETWORKS_MAX} networks, and no more are made: remove some"
    )))
}

/// Gives the network that is asked for.
pub(super) fn network(state: &State, command: &CreateNetwork) -> Result<Network, Refusal> {
    let request = &*command.request;
    check_driver(&request.driver)?;
    check_options(&request.options)?;
    Ok(Network {
        driver: NetworkDriver::Bridge,
        pools: pools(state, command)?,
        interface: interface(state, command.id, request)?,
        ..as_asked(command)
    })
}

/// Gives what a client says of a network, of which nothing is made yet: it has no addresses and no interface.
pub(super) fn as_asked(command: &CreateNetwork) -> Network {
    let request = &*command.request;
    Network {
        id: command.id,
        name: request.name.clone(),
        driver: NetworkDriver::Null,
        internal: request.internal,
        attachable: request.attachable,
        ipv6: request.ipv6,
        options: request.options.clone(),
        labels: request.labels.clone(),
        ipam_options: request.ipam_options.clone(),
        pools: Vec::new(),
        interface: String::new(),
    }
}

fn check_name(state: &State, name: &str) -> Result<(), Refusal> {
    let fits = |c: char| !c.is_control() && !c.is_whitespace() && c != '/';
    if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.chars().all(fits) {
        return Err(Refusal::InvalidParameter(format!("invalid name: {name}")));
    }
    if Network::is_predefined_name(name) {
        let text = format!("operation is not permitted on predefined {name} network ");
        return Err(Refusal::Forbidden(text));
    }
    match state.networks.named(name) {
        None => Ok(()),
        Some(kept) if kept.removing => {
            Err(Refusal::Conflict(format!("the removal of network {name} is still in progress")))
        }
        Some(_) => Err(Refusal::Conflict(format!("network with name {name} already exists"))),
    }
}

fn check_driver(driver: &str) -> Result<(), Refusal> {
    match driver {
        "" | "default" | "bridge" => Ok(()),
        "host" | "null" => {
            Err(Refusal::Forbidden(format!("only one instance of {driver:?} network is allowed")))
        }
        _ => Err(Refusal::NoSuchPlugin(driver.to_owned())),
    }
}

fn check_options(options: &BTreeMap<String, String>) -> Result<(), Refusal> {
    if let Some(unbuilt) = options.keys().find(|key| UNBUILT.contains(&key.as_str())) {
        return Err(Refusal::NotImplemented(format!(
            "network option {unbuilt} is not supported yet"
        )));
    }
    let bad = |key: &str, value: &str| {
        Refusal::InvalidParameter(format!("failed to parse {key} value: {value:?}"))
    };
    for key in [Network::OPTION_TALK, Network::OPTION_MASQUERADE] {
        if let Some(value) = options.get(key).filter(|value| parse_bool(value).is_none()) {
            return Err(bad(key, value));
        }
    }
    // Packets of IPv4 have room for 68 bytes at least (RFC 791).
    let fits = |mtu: u32| mtu == 0 || (68..=65_535).contains(&mtu);
    let key = Network::OPTION_MTU;
    if let Some(value) = options.get(key).filter(|value| !value.parse().is_ok_and(fits)) {
        return Err(bad(key, value));
    }
    let key = Network::OPTION_BINDING;
    match options.get(key) {
        Some(value) if value.parse::<Ipv4Addr>().is_err() => Err(bad(key, value)),
        Some(_) | None => Ok(()),
    }
}

/// Names the interface on the host as Docker does, unless the client has.
fn interface(state: &State, id: NetworkId, request: &NetworkRequest) -> Result<String, Refusal> {
    let Some(name) = request.options.get(Network::OPTION_NAME) else {
        return Ok(format!("br-{}", id.short()));
    };
    let fits = |byte: u8| byte.is_ascii_graphic() && !b"/:%".contains(&byte);
    let is_name = !name.is_empty() && name != "." && name != ".." && name.bytes().all(fits);
    if !is_name || name.len() > INTERFACE_BYTES_MAX {
        return Err(Refusal::InvalidParameter(format!("invalid bridge name: {name:?}")));
    }
    let same = |other: &Network| other.interface == *name;
    match state.networks.parts().find(|(_, kept)| same(&kept.network)) {
        Some((_, other)) => Err(Refusal::Forbidden(format!(
            "bridge {name} is that of network {}",
            other.network.name
        ))),
        None => Ok(name.clone()),
    }
}

fn pools(state: &State, command: &CreateNetwork) -> Result<Vec<AddressPool>, Refusal> {
    let request = &*command.request;
    let of = |is_ipv4: bool| {
        request.pools.iter().filter(move |pool| pool.subnet.address.is_ipv4() == is_ipv4)
    };
    for (is_ipv4, family) in [(true, "IPv4"), (false, "IPv6")] {
        if of(is_ipv4).count() > 1 {
            return Err(Refusal::InvalidParameter(format!(
                "a network of driver bridge has one subnet of {family}"
            )));
        }
    }
    let ipv4 = match of(true).next() {
        Some(asked) => chosen(state, asked)?,
        None => unchosen(free_subnet(state, &command.reached)?),
    };
    let mut pools = vec![ipv4];
    if request.ipv6 {
        pools.push(match of(false).next() {
            Some(asked) => chosen(state, asked)?,
            None => unchosen(local_subnet(command.id)),
        });
    }
    Ok(pools)
}

/// Checks what a client chose, and chooses the rest.
fn chosen(state: &State, asked: &PoolRequest) -> Result<AddressPool, Refusal> {
    let invalid = |text: String| Err(Refusal::InvalidParameter(text));
    let PoolRequest { subnet, range, gateway, reserved } = asked;
    let prefix_max = if subnet.address.is_ipv4() { IPV4_PREFIX_MAX } else { IPV6_PREFIX_MAX };
    if subnet.prefix_bits > prefix_max || subnet.prefix_bits == 0 {
        return invalid(format!("invalid subnet {subnet}: it has no room for a container"));
    }
    let is_within =
        |range: &Subnet| subnet.contains(range.address) && range.prefix_bits >= subnet.prefix_bits;
    if let Some(range) = range.filter(|range| !is_within(range)) {
        return invalid(format!("invalid ip-range {range}: it is not within subnet {subnet}"));
    }
    if let Some(gateway) = gateway.filter(|gateway| !subnet.contains(*gateway)) {
        return invalid(format!(
            "failed to allocate gateway ({gateway}): Requested address is out of range"
        ));
    }
    if let Some((name, address)) = reserved.iter().find(|(_, one)| !subnet.contains(**one)) {
        return invalid(format!(
            "failed to allocate secondary ip address ({name}:{address}): Requested address is out of range"
        ));
    }
    if gateway.is_some_and(|gateway| reserved.values().any(|other| *other == gateway)) {
        return Err(Refusal::Forbidden("Address already in use".to_owned()));
    }
    if is_in_use(state, subnet) {
        let text = "Pool overlaps with other one on this address space";
        return Err(Refusal::Forbidden(text.to_owned()));
    }
    let is_reserved = |address: IpAddr| reserved.values().any(|other| *other == address);
    let first = || subnet.first_free(range.as_ref(), is_reserved);
    let Some(gateway) = gateway.or_else(first) else {
        return invalid(format!("no address of {subnet} is left for the network itself"));
    };
    let (subnet, range, reserved) = (*subnet, *range, reserved.clone());
    Ok(AddressPool { subnet, range, gateway, reserved, chosen: true })
}

fn unchosen(subnet: Subnet) -> AddressPool {
    let (gateway, _) = subnet.hosts();
    AddressPool { subnet, range: None, gateway, reserved: BTreeMap::new(), chosen: false }
}

fn is_in_use(state: &State, subnet: &Subnet) -> bool {
    let mut pools = state.networks.parts().flat_map(|(_, kept)| &kept.network.pools);
    pools.any(|pool| pool.subnet.overlaps(subnet))
}

/// Gives the first of Docker's default pools that overlaps no network and nothing that the host reaches.
fn free_subnet(state: &State, reached: &[Subnet]) -> Result<Subnet, Refusal> {
    let wide = (17..=31).map(|second| Subnet::new(Ipv4Addr::new(172, second, 0, 0).into(), 16));
    let narrow = (0..=240)
        .step_by(16)
        .map(|third| Subnet::new(Ipv4Addr::new(192, 168, third, 0).into(), 20));
    let is_free = |subnet: &Subnet| {
        !is_in_use(state, subnet) && !reached.iter().any(|other| other.overlaps(subnet))
    };
    wide.chain(narrow).find(is_free).ok_or_else(|| {
        Refusal::InvalidParameter(
            "all predefined address pools have been fully subnetted: remove networks, or name a subnet"
                .to_owned(),
        )
    })
}

/// Makes a unique local network (RFC 4193) of a network's own identity.
fn local_subnet(id: NetworkId) -> Subnet {
    let [a, b, c, d, e, f, g, ..] = *id.as_bytes();
    let mut octets = [0; 16];
    octets[..8].copy_from_slice(&[0xfd, a, b, c, d, e, f, g]);
    Subnet::new(Ipv6Addr::from(octets).into(), 64)
}
