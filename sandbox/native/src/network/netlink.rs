//! A netlink socket in the current network namespace: requests out, their acknowledgements in.

use std::os::fd::OwnedFd;

use netlink_packet_core::{
    Emitable, NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST, NetlinkDeserializable,
    NetlinkHeader, NetlinkMessage, NetlinkPayload, NetlinkSerializable,
};
use netlink_packet_route::address::AddressMessage;
use netlink_packet_route::link::LinkMessage;
use netlink_packet_route::route::RouteMessage;
use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, connect, recv, send,
    socket_with,
};

/// Room for the acknowledgements that come at once; each repeats the request it belongs to.
const ANSWER_MAX_BYTES: usize = 16 * 1024;

/// What is asked of the kernel.
///
/// The library's own enum of messages would bring the code for every kind there is into a program that is loaded for each
/// container.
#[derive(Debug, Clone)]
pub(super) enum Request {
    /// Makes interfaces, which must not be there.
    NewLink(LinkMessage),
    /// Changes an interface.
    SetLink(LinkMessage),
    /// Changes an interface as the port of a bridge, which the kernel takes as if it were new.
    SetPort(LinkMessage),
    /// Gives an interface an address.
    NewAddress(AddressMessage),
    /// Makes a route.
    NewRoute(RouteMessage),
}

impl NetlinkSerializable for Request {
    fn message_type(&self) -> u16 {
        match self {
            Self::NewLink(_) | Self::SetPort(_) => libc::RTM_NEWLINK,
            Self::SetLink(_) => libc::RTM_SETLINK,
            Self::NewAddress(_) => libc::RTM_NEWADDR,
            Self::NewRoute(_) => libc::RTM_NEWROUTE,
        }
    }

    fn buffer_len(&self) -> usize {
        match self {
            Self::NewLink(message) | Self::SetLink(message) | Self::SetPort(message) => {
                message.buffer_len()
            }
            Self::NewAddress(message) => message.buffer_len(),
            Self::NewRoute(message) => message.buffer_len(),
        }
    }

    fn serialize(&self, buffer: &mut [u8]) {
        match self {
            Self::NewLink(message) | Self::SetLink(message) | Self::SetPort(message) => {
                message.emit(buffer);
            }
            Self::NewAddress(message) => message.emit(buffer),
            Self::NewRoute(message) => message.emit(buffer),
        }
    }
}

/// The socket.
pub(super) struct Netlink {
    socket: OwnedFd,
}

impl Netlink {
    /// Opens a socket.
    pub(super) fn open() -> Result<Self, Errno> {
        let socket = socket_with(
            AddressFamily::NETLINK,
            SocketType::RAW,
            SocketFlags::CLOEXEC,
            // `NETLINK_ROUTE` is number zero, which is no protocol's number but the default.
            None,
        )?;
        bind(&socket, &SocketAddrNetlink::new(0, 0))?;
        // The kernel: requests carry no address of their own.
        connect(&socket, &SocketAddrNetlink::new(0, 0))?;
        Ok(Self { socket })
    }

    /// Sends requests and waits until the kernel has done each of them; returns the first error.
    pub(super) fn request(&mut self, requests: Vec<Request>) -> Result<(), Errno> {
        let count = requests.len();
        let mut bytes = Vec::new();
        for request in requests {
            append(&mut bytes, request);
        }
        send(&self.socket, &bytes, SendFlags::empty())?;
        let mut answered = 0;
        let mut answer = vec![0; ANSWER_MAX_BYTES];
        while answered < count {
            let (_, size) = recv(&self.socket, &mut answer[..], RecvFlags::empty())?;
            answered += acknowledgements(answer.get(..size).ok_or(Errno::MSGSIZE)?)?;
        }
        Ok(())
    }
}

fn append(bytes: &mut Vec<u8>, request: Request) {
    let mut header = NetlinkHeader::default();
    header.flags = match request {
        Request::SetLink(_) | Request::SetPort(_) => NLM_F_REQUEST | NLM_F_ACK,
        Request::NewLink(_) | Request::NewAddress(_) | Request::NewRoute(_) => {
            NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL
        }
    };
    let mut message = NetlinkMessage::new(header, NetlinkPayload::InnerMessage(request));
    message.finalize();
    let start = bytes.len();
    bytes.resize(start + message.buffer_len().next_multiple_of(4), 0);
    message.serialize(&mut bytes[start..]);
}

/// Counts the good acknowledgements in what was received.
fn acknowledgements(mut bytes: &[u8]) -> Result<usize, Errno> {
    let mut count = 0;
    while !bytes.is_empty() {
        let message = NetlinkMessage::<Answer>::deserialize(bytes).map_err(|_| Errno::BADMSG)?;
        if let NetlinkPayload::Error(error) = &message.payload {
            if let Some(code) = error.code {
                return Err(Errno::from_raw_os_error(-code.get()));
            }
            count += 1;
        }
        let length = (message.header.length as usize).next_multiple_of(4).max(1);
        bytes = bytes.get(length..).unwrap_or_default();
    }
    Ok(count)
}

/// An answer that is no acknowledgement: there should be none, and its content is of no interest.
struct Answer;

impl NetlinkDeserializable for Answer {
    type Error = std::convert::Infallible;

    fn deserialize(_: &NetlinkHeader, _: &[u8]) -> Result<Self, Self::Error> {
        Ok(Self)
    }
}
