//! Datagrams: each client has a socket of its own towards the container, so that answers find their way back.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::event::epoll::EventFlags;
use rustix::io::Errno;
use rustix::net::{
    RecvFlags, SendFlags, SocketFlags, SocketType, connect, recv, recvfrom, send, sendto,
    socket_with,
};

use super::bind::family;
use super::forward::{Poll, Token};
use crate::records::now_nanos;

/// Bytes of the largest datagram.
const DATAGRAM_BYTES_MAX: usize = 64 * 1024;

/// Datagrams taken from one socket before the others get their turn.
const DATAGRAMS_A_TURN: u32 = 64;

/// How long a client is remembered that neither sends nor is answered: Docker's time.
const SILENCE: Duration = Duration::from_secs(90);

/// Clients of one port that are remembered; the next one takes the place of the one that was silent longest.
const CLIENTS_MAX: usize = 1024;

/// What one port carries.
pub(super) struct Relay {
    target: SocketAddr,
    clients: HashMap<SocketAddr, u32>,
    sockets: Vec<Option<Client>>,
    buffer: Vec<u8>,
    swept_at_nanos: u64,
}

struct Client {
    address: SocketAddr,
    container: OwnedFd,
    heard_at_nanos: u64,
}

impl Relay {
    pub(super) fn new(target: SocketAddr) -> Self {
        let (clients, sockets, buffer) = (HashMap::new(), Vec::new(), Vec::new());
        Self { target, clients, sockets, buffer, swept_at_nanos: now_nanos() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }

    /// Carries what clients have sent.
    pub(super) fn carry_requests(&mut self, poll: &Poll, socket: &OwnedFd, relay: u16) {
        self.buffer.resize(DATAGRAM_BYTES_MAX, 0);
        for _ in 0..DATAGRAMS_A_TURN {
            let received = recvfrom(socket, &mut self.buffer[..], RecvFlags::empty());
            let (count, address) = match received {
                Ok((count, _, address)) => (count, address),
                Err(Errno::AGAIN) => return,
                // An answer that did not arrive is told by the next call.
                Err(_) => continue,
            };
            let Some(address) = address.and_then(|address| SocketAddr::try_from(address).ok())
            else {
                continue;
            };
            // What cannot be carried is lost, as datagrams may be.
            if let Ok(index) = self.client(poll, relay, address)
                && let Some(Some(client)) = self.sockets.get_mut(index as usize)
            {
                client.heard_at_nanos = now_nanos();
                let _ = send(&client.container, &self.buffer[..count], SendFlags::empty());
            }
        }
    }

    /// Carries what the container has answered a client.
    pub(super) fn carry_answers(&mut self, socket: &OwnedFd, index: u32) {
        self.buffer.resize(DATAGRAM_BYTES_MAX, 0);
        let Some(Some(client)) = self.sockets.get_mut(index as usize) else { return };
        for _ in 0..DATAGRAMS_A_TURN {
            match recv(&client.container, &mut self.buffer[..], RecvFlags::empty()) {
                Ok((_, count)) => {
                    client.heard_at_nanos = now_nanos();
                    let _ =
                        sendto(socket, &self.buffer[..count], SendFlags::empty(), &client.address);
                }
                Err(Errno::AGAIN) => return,
                // Nobody listens in the container, perhaps not yet.
                Err(_) => {}
            }
        }
    }

    /// Forgets clients that have gone silent.
    pub(super) fn sweep(&mut self) {
        let now = now_nanos();
        let every = SILENCE.as_nanos() as u64 / 8;
        if self.clients.is_empty() || now.saturating_sub(self.swept_at_nanos) < every {
            return;
        }
        self.swept_at_nanos = now;
        let limit = SILENCE.as_nanos() as u64;
        for place in &mut self.sockets {
            if let Some(client) = place
                && now.saturating_sub(client.heard_at_nanos) > limit
            {
                self.clients.remove(&client.address);
                *place = None;
            }
        }
        if self.clients.is_empty() {
            self.buffer = Vec::new();
        }
    }

    fn client(&mut self, poll: &Poll, relay: u16, address: SocketAddr) -> Result<u32, Errno> {
        if let Some(index) = self.clients.get(&address) {
            return Ok(*index);
        }
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let container = socket_with(family(self.target.ip()), SocketType::DGRAM, flags, None)?;
        connect(&container, &self.target)?;
        let index = self.free_place();
        poll.add(&container, Token::Client { relay, client: index }, EventFlags::IN)?;
        let client = Client { address, container, heard_at_nanos: now_nanos() };
        self.sockets[index as usize] = Some(client);
        self.clients.insert(address, index);
        Ok(index)
    }

    /// Gives a place without a client; the one that was silent longest makes room where there is none.
    fn free_place(&mut self) -> u32 {
        let free = self.sockets.iter().position(Option::is_none);
        let place = match free {
            Some(place) => place,
            None if self.sockets.len() < CLIENTS_MAX => {
                self.sockets.push(None);
                self.sockets.len() - 1
            }
            None => {
                let heard = |client: &Option<Client>| client.as_ref().map(|c| c.heard_at_nanos);
                let places = 0..self.sockets.len();
                let oldest = places.min_by_key(|place| heard(&self.sockets[*place])).unwrap_or(0);
                if let Some(client) = self.sockets[oldest].take() {
                    self.clients.remove(&client.address);
                }
                oldest
            }
        };
        u32::try_from(place).unwrap_or(0)
    }
}
