//! Binding the ports, in Docker's words where it fails.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketFlags, SocketType, bind, getsockname, listen, socket_with, sockopt,
};
use sandbox_shim::{BoundPort, PortProtocol, PortRequest, Publishing};

use crate::syscall::error_text;

/// Connections that wait to be taken; the kernel lowers it to its own limit.
const BACKLOG: i32 = 4096;

/// How often a free port is asked for that is free for both families.
const FREE_PORT_TRIES: u32 = 64;

/// A socket and what it stands for.
pub(super) struct Bound {
    pub(super) port: BoundPort,
    pub(super) socket: OwnedFd,
}

/// A port could not be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum BindError {
    /// An address and port of the host.
    #[error(
        "Error starting userland proxy: listen {}{} {address}: bind: {}",
        protocol.as_str(), family_digit(*address), error_text(*errno)
    )]
    One { protocol: PortProtocol, address: SocketAddr, errno: Errno },
    /// Every port that would do is taken.
    #[error("all ports are allocated")]
    All,
}

/// Binds everything, or nothing.
pub(super) fn all(publishing: &Publishing) -> Result<Vec<Bound>, BindError> {
    let mut bound = Vec::new();
    // Ports of one's own choice first, so that no free port is given away that is asked for further on.
    let fixed = |request: &&PortRequest| request.first_port > 0;
    let ports = &publishing.ports;
    for request in ports.iter().filter(fixed).chain(ports.iter().filter(|port| !fixed(port))) {
        let target = SocketAddr::new(publishing.target, request.container_port);
        for (host, socket) in one(request)? {
            bound.push(Bound {
                port: BoundPort { protocol: request.protocol, host, target },
                socket,
            });
        }
    }
    Ok(bound)
}

/// Binds a port on each address that it is asked for on, the same one on all of them.
fn one(request: &PortRequest) -> Result<Vec<(SocketAddr, OwnedFd)>, BindError> {
    let is_taken =
        |error: &BindError| matches!(error, BindError::One { errno: Errno::ADDRINUSE, .. });
    if request.first_port == 0 {
        for _ in 0..FREE_PORT_TRIES {
            match on_port(request, 0) {
                Err(error) if is_taken(&error) => {}
                bound => return bound,
            }
        }
        return Err(BindError::All);
    }
    let is_range = request.first_port < request.last_port;
    for port in request.first_port..=request.last_port {
        match on_port(request, port) {
            Err(error) if is_range && is_taken(&error) => {}
            bound => return bound,
        }
    }
    Err(BindError::All)
}

/// Binds `port`, or any where it is zero.
fn on_port(request: &PortRequest, port: u16) -> Result<Vec<(SocketAddr, OwnedFd)>, BindError> {
    let protocol = request.protocol;
    let open = |address: IpAddr, port: u16| {
        let address = SocketAddr::new(address, port);
        bound_socket(protocol, address).map_err(|errno| BindError::One { protocol, address, errno })
    };
    if let Some(address) = request.address {
        return Ok(vec![open(address, port)?]);
    }
    let first = open(Ipv4Addr::UNSPECIFIED.into(), port)?;
    match open(Ipv6Addr::UNSPECIFIED.into(), first.0.port()) {
        Ok(second) => Ok(vec![first, second]),
        // The host has no IPv6.
        Err(BindError::One { errno: Errno::AFNOSUPPORT | Errno::ADDRNOTAVAIL, .. }) => {
            Ok(vec![first])
        }
        Err(error) => Err(error),
    }
}

fn bound_socket(
    protocol: PortProtocol,
    address: SocketAddr,
) -> Result<(SocketAddr, OwnedFd), Errno> {
    let kind = match protocol {
        PortProtocol::Tcp => SocketType::STREAM,
        PortProtocol::Udp => SocketType::DGRAM,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family(address.ip()), kind, flags, None)?;
    if address.is_ipv6() {
        sockopt::set_ipv6_v6only(&socket, true)?;
    }
    if protocol == PortProtocol::Tcp {
        // Connections of the run before that are still closing are not in the way.
        sockopt::set_socket_reuseaddr(&socket, true)?;
    }
    bind(&socket, &address)?;
    if protocol == PortProtocol::Tcp {
        listen(&socket, BACKLOG)?;
    }
    let address = SocketAddr::try_from(getsockname(&socket)?)?;
    Ok((address, socket))
}

/// Gives the family of an address as sockets have it.
pub(super) fn family(address: IpAddr) -> AddressFamily {
    match address {
        IpAddr::V4(_) => AddressFamily::INET,
        IpAddr::V6(_) => AddressFamily::INET6,
    }
}

/// The digit that Docker puts behind the protocol.
fn family_digit(address: SocketAddr) -> char {
    if address.is_ipv4() { '4' } else { '6' }
}
