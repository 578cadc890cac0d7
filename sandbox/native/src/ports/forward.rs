//! The loop that carries: sockets in one epoll, each event to whom it belongs.

use std::collections::VecDeque;
use std::mem::MaybeUninit;
use std::os::fd::AsFd;

use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::io::Errno;
use sandbox_shim::PortProtocol;

use super::bind::Bound;
use super::tcp::{Connections, Progress};
use super::udp::Relay;

/// Events taken at once.
const EVENTS_MAX: usize = 256;

/// How often clients of UDP are looked through for those that have gone silent.
const SWEEP: Timespec = Timespec { tv_sec: 5, tv_nsec: 0 };

/// Wait for nothing: somebody has more to carry.
const NOW: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// What an event is about, as the number that the kernel keeps for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// A listening socket, by its index.
    Listener(u32),
    /// A connection of TCP, by its index.
    Connection(u32),
    /// A client of UDP, by its relay and index.
    Client { relay: u16, client: u32 },
}

/// The epoll instance.
pub(super) struct Poll(std::os::fd::OwnedFd);

// === impl Token ===

impl Token {
    const KIND_SHIFT: u32 = 62;
    const RELAY_SHIFT: u32 = 32;

    fn to_u64(self) -> u64 {
        match self {
            Self::Listener(index) => u64::from(index),
            Self::Connection(index) => 1 << Self::KIND_SHIFT | u64::from(index),
            Self::Client { relay, client } => {
                2 << Self::KIND_SHIFT | u64::from(relay) << Self::RELAY_SHIFT | u64::from(client)
            }
        }
    }

    const fn from_u64(number: u64) -> Self {
        let index = number as u32;
        match number >> Self::KIND_SHIFT {
            0 => Self::Listener(index),
            1 => Self::Connection(index),
            _ => Self::Client { relay: (number >> Self::RELAY_SHIFT) as u16, client: index },
        }
    }
}

// === impl Poll ===

impl Poll {
    pub(super) fn add(
        &self,
        socket: impl AsFd,
        token: Token,
        flags: EventFlags,
    ) -> Result<(), Errno> {
        epoll::add(&self.0, socket, EventData::new_u64(token.to_u64()), flags)
    }

    pub(super) fn modify(
        &self,
        socket: impl AsFd,
        token: Token,
        flags: EventFlags,
    ) -> Result<(), Errno> {
        epoll::modify(&self.0, socket, EventData::new_u64(token.to_u64()), flags)
    }
}

/// Carries until the kernel refuses to go on.
pub(super) fn run(bound: Vec<Bound>) -> Result<(), Errno> {
    let poll = Poll(epoll::create(CreateFlags::CLOEXEC)?);
    let mut connections = Connections::new();
    let mut relays: Vec<Option<Relay>> = Vec::with_capacity(bound.len());
    let mut listeners = Vec::with_capacity(bound.len());
    for (index, bound) in (0..).zip(bound) {
        poll.add(&bound.socket, Token::Listener(index), EventFlags::IN)?;
        relays.push(
            (bound.port.protocol == PortProtocol::Udp).then(|| Relay::new(bound.port.target)),
        );
        listeners.push(bound);
    }
    // Connections that could carry more when their turn was over.
    let mut busy: VecDeque<u32> = VecDeque::new();
    let mut events = [const { MaybeUninit::uninit() }; EVENTS_MAX];
    loop {
        let has_clients = relays.iter().flatten().any(|relay| !relay.is_empty());
        let timeout = match (busy.is_empty(), has_clients) {
            (false, _) => Some(&NOW),
            (true, true) => Some(&SWEEP),
            (true, false) => None,
        };
        let ready = match epoll::wait(&poll.0, &mut events, timeout) {
            Ok((ready, _)) => ready,
            Err(Errno::INTR) => continue,
            Err(errno) => return Err(errno),
        };
        relays.iter_mut().flatten().for_each(Relay::sweep);
        let mut turns = std::mem::take(&mut busy);
        for event in ready {
            match Token::from_u64(event.data.u64()) {
                Token::Listener(index) => {
                    let (Some(bound), Some(relay)) =
                        (listeners.get(index as usize), relays.get_mut(index as usize))
                    else {
                        continue;
                    };
                    match relay {
                        Some(relay) => relay.carry_requests(&poll, &bound.socket, index as u16),
                        None => connections.accept(&poll, &bound.socket, index, bound.port.target),
                    }
                }
                Token::Connection(index) if turns.contains(&index) => {}
                Token::Connection(index) => turns.push_back(index),
                Token::Client { relay, client } => {
                    let index = usize::from(relay);
                    if let (Some(bound), Some(Some(relay))) =
                        (listeners.get(index), relays.get_mut(index))
                    {
                        relay.carry_answers(&bound.socket, client);
                    }
                }
            }
        }
        for index in turns {
            match connections.carry(index) {
                Progress::More => busy.push_back(index),
                Progress::Waits => {}
                Progress::Ended => connections.resume(&poll, &listeners),
            }
        }
    }
}
