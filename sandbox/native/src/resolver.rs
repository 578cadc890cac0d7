//! The sockets at which a container asks for names: bound in its network, held here, and served by whichever server is there.

use std::fs::File;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::netlink::{self, SocketAddrNetlink};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, connect, listen, recv,
    send, socket_with,
};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use sandbox_shim::Resolver;

use crate::error::{During, StartError, step};
use crate::network::loop_up;

/// The port of servers of names.
const USUAL_PORT: u16 = 53;

/// Connections that wait to be taken: a resolver uses one for an answer that is too long for a datagram.
const BACKLOG: i32 = 64;

/// Room for acknowledgements that come at once; each repeats the head of what it belongs to.
const ANSWER_MAX_BYTES: usize = 16 * 1024;

/// The bytes of a message's head, and of the number of an error behind it.
const HEAD_BYTES: usize = 16;
const ERROR_BYTES: usize = 4;

/// The type of an acknowledgement.
const ACKNOWLEDGEMENT: u16 = 2;

/// The sockets.
#[derive(Debug)]
pub(crate) struct ResolverSockets {
    datagrams: OwnedFd,
    connections: OwnedFd,
}

impl ResolverSockets {
    /// Opens them in a network that is not this process's own.
    pub(crate) fn open(resolver: &Resolver, namespace: BorrowedFd<'_>) -> Result<Self, StartError> {
        let network = Some(LinkNameSpaceType::Network);
        let own =
            File::open("/proc/thread-self/ns/net").during(step!("opening the own network"))?;
        move_into_link_name_space(namespace, network).during(step!("entering the network"))?;
        let made = make(resolver);
        // Whatever else this process does belongs to the host.
        move_into_link_name_space(own.as_fd(), network).during(step!("leaving the network"))?;
        made.during(step!("making sockets for names at {}", resolver.address))
    }

    /// Gives both: that for datagrams, and that for connections.
    pub(crate) fn files(&self) -> [&OwnedFd; 2] {
        [&self.datagrams, &self.connections]
    }
}

fn make(resolver: &Resolver) -> Result<ResolverSockets, Errno> {
    loop_up()?;
    let mut address = resolver.address;
    if translate(resolver).is_err() {
        address.set_port(USUAL_PORT);
    }
    let datagrams = bound(SocketType::DGRAM, address)?;
    let connections = bound(SocketType::STREAM, address)?;
    listen(&connections, BACKLOG)?;
    Ok(ResolverSockets { datagrams, connections })
}

fn bound(kind: SocketType, address: SocketAddr) -> Result<OwnedFd, Errno> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::INET, kind, flags, None)?;
    bind(&socket, &address)?;
    Ok(socket)
}

/// Has what is sent to the usual port come to the sockets' own.
fn translate(resolver: &Resolver) -> Result<(), Errno> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let protocol = Some(netlink::NETFILTER);
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, protocol)?;
    bind(&socket, &SocketAddrNetlink::new(0, 0))?;
    connect(&socket, &SocketAddrNetlink::new(0, 0))?;
    send(&socket, &resolver.rules, SendFlags::empty())?;
    let mut answered = 0;
    let mut answer = vec![0; ANSWER_MAX_BYTES];
    // The kernel has answered when the call returns.
    while answered < resolver.acknowledged {
        let (_, size) = recv(&socket, &mut answer[..], RecvFlags::empty())?;
        answered += acknowledgements(answer.get(..size).ok_or(Errno::MSGSIZE)?)?;
    }
    Ok(())
}

/// Counts the good acknowledgements in what was received.
fn acknowledgements(mut bytes: &[u8]) -> Result<u32, Errno> {
    let mut count = 0;
    while let Some(head) = bytes.get(..HEAD_BYTES + ERROR_BYTES) {
        let size = u32::from_ne_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let kind = u16::from_ne_bytes([head[4], head[5]]);
        if kind == ACKNOWLEDGEMENT {
            match i32::from_ne_bytes([head[16], head[17], head[18], head[19]]) {
                0 => count += 1,
                code => return Err(Errno::from_raw_os_error(-code)),
            }
        }
        bytes = bytes.get(size.next_multiple_of(4).max(1)..).unwrap_or_default();
    }
    Ok(count)
}

#[cfg(test)]
mod tests;
