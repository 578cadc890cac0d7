//! Addresses: which ones a run gets in the networks that its container is in.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv6Addr},
};

use journal_domain::{
    ContainerId, EndpointId, EndpointLease, EndpointsLeased, Event, LeasedAddress, MacAddress,
    Network, NetworkDriver, NetworkLease, Refusal, StartRequested,
};

use crate::{Container, Endpoint, KeptNetwork, State, Wiring};

/// Gives the events of a run that begins, with the places that it gets in all networks of its container.
pub(super) fn begin(
    state: &State,
    container: &Container,
    incarnation: u32,
    run: EndpointId,
) -> Result<Vec<Event>, Refusal> {
    let mut leases = Vec::new();
    for (endpoint, number) in container.endpoints.iter().zip(0..) {
        // Without a default bridge there is nothing to be in.
        if state.bridge.is_none() && Network::is_predefined_name(endpoint.network()) {
            continue;
        }
        let id = if number == 0 { Some(run) } else { None };
        leases.push(place(state, container, endpoint, number, (run, id))?);
    }
    Ok(events(state, container.id, incarnation, leases))
}

/// Gives the events of a run that follows another at once, and has its places.
pub(super) fn again(
    state: &State,
    container: &Container,
    incarnation: u32,
    run: EndpointId,
) -> Vec<Event> {
    let stays = |endpoint: &&Endpoint| endpoint.wiring != Wiring::Leaving;
    let held = container.endpoints.iter().filter(stays).filter_map(|endpoint| endpoint.lease);
    let leases = held.map(|lease| match lease.number {
        0 => NetworkLease { endpoint: run, ..lease },
        _ => lease.again(run),
    });
    events(state, container.id, incarnation, leases.collect())
}

fn events(
    state: &State,
    id: ContainerId,
    incarnation: u32,
    mut leases: Vec<NetworkLease>,
) -> Vec<Event> {
    let bridge = state.bridge.as_ref().map(|bridge| bridge.config.network);
    let first = leases.first().filter(|first| Some(first.network) == bridge).and_then(plain);
    if first.is_some() {
        leases.remove(0);
    }
    let mut events = vec![StartRequested { id, incarnation, lease: first }.into()];
    if !leases.is_empty() {
        events.push(EndpointsLeased { container: id, incarnation, leases }.into());
    }
    events
}

/// Gives the shape of a place on the default bridge that is the only one, as it was before there were others.
fn plain(lease: &NetworkLease) -> Option<EndpointLease> {
    let leased = lease.ipv4.filter(|_| lease.number == 0)?;
    let (IpAddr::V4(address), Some(IpAddr::V4(gateway))) = (leased.address, leased.gateway) else {
        return None;
    };
    Some(EndpointLease {
        endpoint: lease.endpoint,
        network: lease.network,
        address,
        prefix_bits: leased.prefix_bits,
        gateway,
        mac: lease.mac?,
    })
}

/// Takes a place in a network; the first of a run has its own identity, the others one made of it.
pub(super) fn place(
    state: &State,
    container: &Container,
    endpoint: &Endpoint,
    number: u8,
    (run, first): (EndpointId, Option<EndpointId>),
) -> Result<NetworkLease, Refusal> {
    let kept = state.networks.find(endpoint.network())?;
    let network = &*kept.network;
    if kept.configured_pools().is_some() {
        let text = "cannot create endpoint on configuration-only network";
        return Err(Refusal::Forbidden(text.to_owned()));
    }
    let id = first.unwrap_or_else(|| run.in_network(network.id));
    let bare = NetworkLease {
        endpoint: id,
        network: network.id,
        number,
        mac: None,
        ipv4: None,
        ipv6: None,
    };
    match network.driver {
        NetworkDriver::Host | NetworkDriver::Null => return Ok(bare),
        NetworkDriver::Bridge => {}
    }
    let request = &endpoint.request;
    let ipv4 = address(kept, request.ipv4.map(IpAddr::V4), true)?;
    let ipv6 = address(kept, request.ipv6.map(IpAddr::V6), false)?;
    let made_up = || match (ipv4, ipv6) {
        (Some(LeasedAddress { address: IpAddr::V4(address), .. }), _) => MacAddress::of(address),
        (_, Some(LeasedAddress { address: IpAddr::V6(address), .. })) => of_ipv6(address),
        (Some(_) | None, Some(_) | None) => of_ipv6(Ipv6Addr::from_bits(u128::from(number))),
    };
    let mac = Some(request.mac.unwrap_or_else(made_up));
    refuse_known_mac(state, container, kept, mac)?;
    Ok(NetworkLease { mac, ipv4, ipv6, ..bare })
}

/// Two interfaces of one address on one bridge would take each other's packets.
fn refuse_known_mac(
    state: &State,
    container: &Container,
    kept: &KeptNetwork,
    mac: Option<MacAddress>,
) -> Result<(), Refusal> {
    let has = |id: &ContainerId| {
        let other = state.container(id).filter(|other| other.id != container.id)?;
        let mut leases = other.leases();
        leases.find(|lease| lease.network == kept.network.id && lease.mac == mac).map(|_| other)
    };
    match kept.members.keys().find_map(has) {
        Some(other) => Err(Refusal::Conflict(format!(
            "container {} has this hardware address in network {}",
            other.name, kept.network.name
        ))),
        None => Ok(()),
    }
}

/// Makes a hardware address as Docker does: locally administered, the last four bytes those of the address.
fn of_ipv6(address: Ipv6Addr) -> MacAddress {
    let [.., a, b, c, d] = address.octets();
    MacAddress([0x02, 0x42, a, b, c, d])
}

fn address(
    kept: &KeptNetwork,
    asked: Option<IpAddr>,
    is_ipv4: bool,
) -> Result<Option<LeasedAddress>, Refusal> {
    let network = &kept.network;
    let Some(pool) = network.pool(is_ipv4) else {
        return match asked {
            Some(asked) => Err(outside(asked)),
            None => Ok(None),
        };
    };
    let address = match asked {
        Some(asked) if !pool.subnet.contains(asked) => return Err(outside(asked)),
        Some(asked) if kept.is_taken(asked) => {
            return Err(Refusal::Forbidden("Address already in use".to_owned()));
        }
        Some(asked) => asked,
        None => {
            let free = pool.subnet.first_free(pool.range.as_ref(), |one| kept.is_taken(one));
            free.ok_or_else(|| exhausted(network, pool.range.unwrap_or(pool.subnet)))?
        }
    };
    let prefix_bits = pool.subnet.prefix_bits;
    let gateway = (!network.internal).then_some(pool.gateway);
    Ok(Some(LeasedAddress { address, prefix_bits, gateway }))
}

fn outside(asked: IpAddr) -> Refusal {
    Refusal::InvalidParameter(format!(
        "Invalid address {asked}: It does not belong to any of this network's subnets"
    ))
}

fn exhausted(network: &Network, pool: journal_domain::Subnet) -> Refusal {
    let name = match network.name.as_str() {
        Network::BRIDGE => "the default bridge".to_owned(),
        name => format!("network {name}"),
    };
    Refusal::Exhausted(format!(
        "no free address is left on {name} {pool}: remove or stop containers"
    ))
}

/// Gives the lowest number that no interface of a run has.
pub(super) fn free_number(container: &Container) -> u8 {
    let used: BTreeSet<u8> = container.leases().map(|lease| lease.number).collect();
    (0..u8::MAX).find(|number| !used.contains(number)).unwrap_or(u8::MAX)
}
