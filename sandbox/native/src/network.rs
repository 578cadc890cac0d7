//! The container's network: a veth pair for each bridge, made and configured by netlink.
//!
//! The container's end is born in its namespace, for moving it there costs ten times as much. Nothing is taken down: the pair goes with
//! the namespace, and the namespace with its last process.

use std::fs::File;
use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::path::Path;

use netlink_packet_route::AddressFamily;
use netlink_packet_route::address::{
    AddressAttribute, AddressFlags, AddressHeaderFlags, AddressMessage,
};
use netlink_packet_route::link::{
    InfoBridgePort, InfoData, InfoKind, InfoPortData, InfoPortKind, InfoVeth, LinkAttribute,
    LinkFlags, LinkInfo, LinkMessage,
};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteScope, RouteType,
};
use rustix::io::Errno;
use rustix::net::netdevice::name_to_index;
use rustix::net::{AddressFamily as SocketFamily, SocketFlags, SocketType, socket_with};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use sandbox_shim::{Endpoint, InterfaceAddress, Network};

use crate::error::{During, StartError, step};

mod netlink;

use netlink::{Netlink, Request};

/// The index of `lo` in every namespace.
const LOOPBACK: u32 = 1;

/// The index of the first interface the shim makes in a namespace; chosen here so that nobody has to ask for it.
const FIRST: u32 = 2;

/// Enters the network that has the bridges, where it is not this process's own.
pub(crate) fn enter(hub: Option<&Path>) -> Result<(), StartError> {
    let Some(hub) = hub else { return Ok(()) };
    let what = step!("entering the network of the bridges, {}", hub.display());
    let namespace = File::open(hub).during(what)?;
    move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network)).during(what)
}

/// Makes the pairs, from the host: one end on its bridge and up, the other in the namespace.
pub(crate) fn connect(network: &Network, namespace: BorrowedFd<'_>) -> Result<(), StartError> {
    let Network::Bridge { endpoints } = network else { return Ok(()) };
    let mut netlink = Netlink::open().during(step!("opening netlink"))?;
    let any_socket = socket_with(SocketFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None)
        .during(step!("opening a socket"))?;
    for (index, endpoint) in (FIRST..).zip(endpoints) {
        let bridge = name_to_index(&any_socket, &endpoint.bridge)
            .during(step!("finding bridge {}", endpoint.bridge))?;
        let pair = pair(endpoint, index, bridge, namespace.as_raw_fd());
        netlink.request(vec![Request::NewLink(pair)]).during(step!(
            "adding interface {} to {}",
            endpoint.host_interface,
            endpoint.bridge
        ))?;
        if endpoint.isolated {
            let what = step!("keeping interface {} apart", endpoint.host_interface);
            let outer = name_to_index(&any_socket, &endpoint.host_interface).during(what)?;
            netlink.request(vec![Request::SetPort(isolated(outer))]).during(what)?;
        }
    }
    Ok(())
}

/// Brings `lo` up and gives the interfaces their addresses and routes, from the inside.
pub(crate) fn inside(network: &Network) -> Result<(), StartError> {
    let endpoints = match network {
        Network::Host | Network::Join { .. } => return Ok(()),
        Network::None => &[][..],
        Network::Bridge { endpoints } => endpoints,
    };
    let mut requests = vec![Request::SetLink(up(LOOPBACK))];
    for (index, endpoint) in (FIRST..).zip(endpoints) {
        requests.push(Request::SetLink(up(index)));
        let addresses = endpoint.addresses.iter().map(|address| assignment(index, *address));
        requests.extend(addresses.map(Request::NewAddress));
    }
    for (index, endpoint) in (FIRST..).zip(endpoints) {
        let gateways = endpoint.gateway.map(IpAddr::V4).into_iter();
        let gateways = gateways.chain(endpoint.gateway_v6.map(IpAddr::V6));
        let routes = gateways.map(|gateway| default_route(index, gateway));
        requests.extend(routes.map(Request::NewRoute));
    }
    Netlink::open()
        .and_then(|mut netlink| netlink.request(requests))
        .during(step!("configuring the network"))
}

/// Brings `lo` up in the present network: no socket there has an address before.
pub(crate) fn loop_up() -> Result<(), Errno> {
    Netlink::open()?.request(vec![Request::SetLink(up(LOOPBACK))])
}

fn pair(endpoint: &Endpoint, index: u32, bridge: u32, namespace: RawFd) -> LinkMessage {
    let mut inner = LinkMessage::default();
    // It is brought up inside: the kernel cannot while the other end is not there yet.
    inner.header.index = index;
    inner.attributes = vec![
        LinkAttribute::IfName(endpoint.container_interface.clone()),
        LinkAttribute::Address(endpoint.mac.as_bytes().to_vec()),
        LinkAttribute::NetNsFd(namespace),
    ];
    let mut outer = LinkMessage::default();
    (outer.header.flags, outer.header.change_mask) = (LinkFlags::Up, LinkFlags::Up);
    outer.attributes = vec![LinkAttribute::IfName(endpoint.host_interface.clone())];
    if let Some(mtu) = endpoint.mtu_bytes {
        inner.attributes.push(LinkAttribute::Mtu(mtu));
        outer.attributes.push(LinkAttribute::Mtu(mtu));
    }
    outer.attributes.push(LinkAttribute::LinkInfo(vec![
        LinkInfo::Kind(InfoKind::Veth),
        LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(inner))),
    ]));
    outer.attributes.push(LinkAttribute::Controller(bridge));
    outer
}

fn isolated(index: u32) -> LinkMessage {
    let mut link = LinkMessage::default();
    link.header.index = index;
    let port = InfoPortData::BridgePort(vec![InfoBridgePort::Isolated(true)]);
    link.attributes = vec![LinkAttribute::LinkInfo(vec![
        LinkInfo::PortKind(InfoPortKind::Bridge),
        LinkInfo::PortData(port),
    ])];
    link
}

fn up(index: u32) -> LinkMessage {
    let mut link = LinkMessage::default();
    link.header.index = index;
    (link.header.flags, link.header.change_mask) = (LinkFlags::Up, LinkFlags::Up);
    link
}

fn family(address: IpAddr) -> AddressFamily {
    match address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    }
}

fn assignment(index: u32, given: InterfaceAddress) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.index = index;
    message.header.family = family(given.address);
    message.header.prefix_len = given.prefix_len;
    message.attributes =
        vec![AddressAttribute::Local(given.address), AddressAttribute::Address(given.address)];
    match given.address {
        IpAddr::V4(address) => {
            let hosts = u32::MAX.checked_shr(u32::from(given.prefix_len)).unwrap_or(0);
            let broadcast = address.to_bits() | hosts;
            message.attributes.push(AddressAttribute::Broadcast(broadcast.into()));
        }
        // Addresses are given out by one allocator, so nobody has to be asked whether one is taken.
        IpAddr::V6(_) => {
            message.header.flags = AddressHeaderFlags::Nodad;
            message.attributes.push(AddressAttribute::Flags(AddressFlags::Nodad));
        }
    }
    message
}

fn default_route(index: u32, gateway: IpAddr) -> RouteMessage {
    let mut message = RouteMessage::default();
    message.header.address_family = family(gateway);
    message.header.table = RouteHeader::RT_TABLE_MAIN;
    message.header.protocol = RouteProtocol::Boot;
    message.header.scope = RouteScope::Universe;
    message.header.kind = RouteType::Unicast;
    message.attributes =
        vec![RouteAttribute::Gateway(RouteAddress::from(gateway)), RouteAttribute::Oif(index)];
    message
}
