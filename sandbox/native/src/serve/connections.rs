//! The servers that are connected: usually one, for a moment two.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{EventfdFlags, PollFlags, eventfd};
use rustix::io::{Errno, write};
use rustix::net::sockopt::socket_peercred;
use rustix::net::{SocketFlags, accept_with};
use rustix::process::geteuid;
use sandbox_shim::{Call, CallError, Channel, FromShim, Notice, ReceiveError, Reply};

/// Connections at once; a server makes one, tools and tests a few more, and none costs more than a kilobyte.
const CONNECTIONS_MAX: usize = 32;

/// The connections.
#[derive(Default)]
pub(super) struct Connections {
    open: Vec<Connection>,
    last_number: u64,
}

struct Connection {
    number: u64,
    channel: Channel<Call, FromShim>,
    /// Written whenever output was appended; there once the server has said hello.
    output: Option<OwnedFd>,
}

/// Where the answer to a call goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) connection: u64,
    pub(super) call: u64,
}

impl Connections {
    /// Takes a new connection, if it is the same user's.
    pub(super) fn accept(&mut self, listener: BorrowedFd<'_>) {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let Ok(socket) = accept_with(listener, flags) else { return };
        let same_user = socket_peercred(&socket).is_ok_and(|peer| peer.uid == geteuid());
        if same_user && self.open.len() < CONNECTIONS_MAX {
            self.last_number += 1;
            let (number, channel) = (self.last_number, Channel::new(socket));
            self.open.push(Connection { number, channel, output: None });
        }
    }

    /// Returns what to wait for on each connection.
    pub(super) fn files(&self) -> impl Iterator<Item = (u64, BorrowedFd<'_>, PollFlags)> {
        self.open.iter().map(|connection| {
            let channel = &connection.channel;
            let wants_write = channel.wants_write();
            let flags = if wants_write { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
            (connection.number, channel.as_fd(), flags)
        })
    }

    /// Sends what is queued for a connection.
    pub(super) fn flush(&mut self, number: u64) {
        let flushed = self.find(number).map(|connection| connection.channel.flush());
        if let Some(Err(_)) = flushed {
            self.close(number);
        }
    }

    /// Returns the next call of a connection; one that cannot be understood ends it.
    pub(super) fn receive(&mut self, number: u64) -> Option<(Call, Vec<OwnedFd>)> {
        match self.find(number)?.channel.receive() {
            Ok(received) => Some(received),
            Err(ReceiveError::WouldBlock) => None,
            Err(_) => {
                self.close(number);
                None
            }
        }
    }

    /// Tells whether the server of a connection has said hello.
    pub(super) fn is_greeted(&mut self, number: u64) -> bool {
        self.find(number).is_some_and(|connection| connection.output.is_some())
    }

    /// Makes the descriptor on which a server hears of output, and returns the server's copy.
    pub(super) fn greet(&mut self, number: u64) -> Result<OwnedFd, Errno> {
        let connection = self.find(number).ok_or(Errno::NOTCONN)?;
        let output = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let copy = super::Server::share(&output)?;
        connection.output = Some(output);
        Ok(copy)
    }

    /// Answers a call, unless its connection is gone.
    pub(super) fn reply(
        &mut self,
        caller: Caller,
        result: Result<Reply, CallError>,
        fds: Vec<OwnedFd>,
    ) {
        let message = FromShim::Reply { id: caller.call, result };
        let sent = self.find(caller.connection).map(|c| c.channel.send(&message, fds));
        if let Some(Err(_)) = sent {
            self.close(caller.connection);
        }
    }

    /// Sends news to every server that has said hello.
    pub(super) fn notify(&mut self, notice: Notice) {
        let message = FromShim::Notice(notice);
        self.open.retain_mut(|connection| {
            connection.output.is_none() || connection.channel.send(&message, Vec::new()).is_ok()
        });
    }

    /// Tells whether a server has been sent all the news.
    pub(super) fn is_heard(&self) -> bool {
        self.open.iter().any(|server| server.output.is_some() && !server.channel.wants_write())
    }

    /// Tells every server that output was appended.
    pub(super) fn output_advanced(&self) {
        for output in self.open.iter().filter_map(|connection| connection.output.as_ref()) {
            // A counter that is full is as good as one more.
            let _ = write(output, &1_u64.to_ne_bytes());
        }
    }

    /// Ends a connection.
    pub(super) fn close(&mut self, number: u64) {
        self.open.retain(|connection| connection.number != number);
    }

    fn find(&mut self, number: u64) -> Option<&mut Connection> {
        self.open.iter_mut().find(|connection| connection.number == number)
    }
}
