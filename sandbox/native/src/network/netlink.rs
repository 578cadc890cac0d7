//! A netlink socket in the current network namespace: requests out, their acknowledgements in.

use std::os::fd::OwnedFd;

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST, NetlinkDeserializable, NetlinkHeader,
    NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::RouteNetlinkMessage;
use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, recv, send, socket_with,
};

/// Room for the acknowledgements that come at once; each repeats the request it belongs to.
const ANSWER_MAX_BYTES: usize = 16 * 1024;

/// What is done with an object.
#[derive(Debug, Clone, Copy)]
pub(super) enum Verb {
    /// Made; it must not be there.
    Create,
    /// Changed.
    Change,
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
        Ok(Self { socket })
    }

    /// Sends requests and waits until the kernel has done each of them; returns the first error.
    pub(super) fn request(
        &mut self,
        requests: &[(Verb, RouteNetlinkMessage)],
    ) -> Result<(), Errno> {
        let mut bytes = Vec::new();
        for (verb, request) in requests {
            append(&mut bytes, *verb, request.clone());
        }
        send(&self.socket, &bytes, SendFlags::empty())?;
        let mut answered = 0;
        let mut answer = vec![0; ANSWER_MAX_BYTES];
        while answered < requests.len() {
            let (_, size) = recv(&self.socket, &mut answer[..], RecvFlags::empty())?;
            answered += acknowledgements(answer.get(..size).ok_or(Errno::MSGSIZE)?)?;
        }
        Ok(())
    }
}

fn append(bytes: &mut Vec<u8>, verb: Verb, request: RouteNetlinkMessage) {
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | NLM_F_ACK;
    if let Verb::Create = verb {
        header.flags |= NLM_F_CREATE | NLM_F_EXCL;
    }
    let mut message = NetlinkMessage::new(header, NetlinkPayload::from(request));
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
