//! Connections of TCP: bytes go from socket to socket through a pipe, without being copied into this process.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use rustix::event::epoll::EventFlags;
use rustix::io::Errno;
use rustix::net::{
    Shutdown, SocketFlags, SocketType, accept_with, connect, shutdown, socket_with, sockopt,
};
use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};

use super::bind::{Bound, family};
use super::forward::{Poll, Token};

/// Connections at a time. A thousand busy ones are more than one process carries well; what comes beyond waits in
/// the kernel's queue.
const CONNECTIONS_MAX: usize = 8192;

/// Connections taken from one socket before the others get their turn.
const ACCEPTS_A_TURN: u32 = 64;

/// Moves in each direction before other connections get their turn.
const MOVES_A_TURN: u32 = 16;

/// Bytes of a pipe: what an unprivileged process may ask for. A larger one saves calls, and costs nothing while it is empty.
const PIPE_BYTES: usize = 1024 * 1024;

/// Empty pipes that are kept for the next connection: making one costs as much as carrying a short request.
const SPARE_PIPES_MAX: usize = 64;

/// All connections.
pub(super) struct Connections {
    open: Vec<Option<Connection>>,
    free: Vec<u32>,
    spare_pipes: Vec<Pipe>,
    /// Sockets that are not listened to for want of room.
    paused: Vec<u32>,
}

/// How far a connection got in its turn.
pub(super) enum Progress {
    /// It could go on at once.
    More,
    /// It waits for a socket.
    Waits,
    /// It is over.
    Ended,
}

struct Connection {
    /// The client and the container.
    sockets: [OwnedFd; 2],
    /// From the client to the container, and back.
    ways: [Way; 2],
}

struct Way {
    pipe: Option<Pipe>,
    /// Bytes in the pipe.
    held_bytes: usize,
    /// Nothing more comes from the sender.
    ended: bool,
    /// The receiver knows.
    told: bool,
}

struct Pipe {
    read: OwnedFd,
    write: OwnedFd,
}

// === impl Connections ===

impl Connections {
    pub(super) fn new() -> Self {
        Self { open: Vec::new(), free: Vec::new(), spare_pipes: Vec::new(), paused: Vec::new() }
    }

    /// Takes connections from a listening socket.
    pub(super) fn accept(
        &mut self,
        poll: &Poll,
        listener: &OwnedFd,
        index: u32,
        target: SocketAddr,
    ) {
        for _ in 0..ACCEPTS_A_TURN {
            if self.open.len() - self.free.len() >= CONNECTIONS_MAX {
                return self.pause(poll, listener, index);
            }
            match accept_with(listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK) {
                // A client that cannot be connected is hung up on.
                Ok(client) => drop(self.open(poll, client, target)),
                Err(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM) => {
                    return self.pause(poll, listener, index);
                }
                Err(Errno::AGAIN) => return,
                // Errors of the connection that would have been taken.
                Err(_) => {}
            }
        }
    }

    /// Listens again after a connection has ended.
    pub(super) fn resume(&mut self, poll: &Poll, listeners: &[Bound]) {
        for index in self.paused.drain(..) {
            if let Some(bound) = listeners.get(index as usize) {
                let _ = poll.modify(&bound.socket, Token::Listener(index), EventFlags::IN);
            }
        }
    }

    /// Carries what there is, as far as it goes.
    pub(super) fn carry(&mut self, index: u32) -> Progress {
        let Some(Some(connection)) = self.open.get_mut(index as usize) else {
            return Progress::Waits;
        };
        match connection.carry(&mut self.spare_pipes) {
            Ok(Progress::Ended) | Err(_) => {
                if let Some(ended) = self.open[index as usize].take() {
                    ended.ways.into_iter().for_each(|way| self.keep(way));
                }
                self.free.push(index);
                Progress::Ended
            }
            Ok(progress) => progress,
        }
    }

    fn open(&mut self, poll: &Poll, client: OwnedFd, target: SocketAddr) -> Result<(), Errno> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let container = socket_with(family(target.ip()), SocketType::STREAM, flags, None)?;
        for socket in [&client, &container] {
            sockopt::set_tcp_nodelay(socket, true)?;
            // A peer that is gone without a word is found out some time.
            sockopt::set_socket_keepalive(socket, true)?;
        }
        match connect(&container, &target) {
            Ok(()) | Err(Errno::INPROGRESS) => {}
            Err(errno) => return Err(errno),
        }
        let index = self.free.pop().unwrap_or_else(|| {
            self.open.push(None);
            u32::try_from(self.open.len() - 1).unwrap_or(u32::MAX)
        });
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        let added = [&client, &container]
            .into_iter()
            .try_for_each(|socket| poll.add(socket, Token::Connection(index), flags));
        if let Err(errno) = added {
            self.free.push(index);
            return Err(errno);
        }
        let way = || Way { pipe: None, held_bytes: 0, ended: false, told: false };
        self.open[index as usize] =
            Some(Connection { sockets: [client, container], ways: [way(), way()] });
        Ok(())
    }

    fn pause(&mut self, poll: &Poll, listener: &OwnedFd, index: u32) {
        // With no connection that could end, it would never be listened to again.
        if self.open.len() > self.free.len()
            && poll.modify(listener, Token::Listener(index), EventFlags::empty()).is_ok()
        {
            self.paused.push(index);
        }
    }

    fn keep(&mut self, way: Way) {
        let empty = way.pipe.filter(|_| way.held_bytes == 0);
        if self.spare_pipes.len() < SPARE_PIPES_MAX {
            self.spare_pipes.extend(empty);
        }
    }
}

// === impl Connection ===

impl Connection {
    fn carry(&mut self, spare: &mut Vec<Pipe>) -> Result<Progress, Errno> {
        let [client, container] = &self.sockets;
        let [there, back] = &mut self.ways;
        let more = there.carry(client, container, spare)? | back.carry(container, client, spare)?;
        if there.told && back.told {
            return Ok(Progress::Ended);
        }
        Ok(if more { Progress::More } else { Progress::Waits })
    }
}

// === impl Way ===

impl Way {
    /// Moves bytes one way; tells whether there may be more to move at once.
    fn carry(
        &mut self,
        from: &OwnedFd,
        to: &OwnedFd,
        spare: &mut Vec<Pipe>,
    ) -> Result<bool, Errno> {
        let flags = SpliceFlags::NONBLOCK | SpliceFlags::MOVE;
        for _ in 0..MOVES_A_TURN {
            let mut moved = false;
            if !self.ended && self.held_bytes < PIPE_BYTES {
                let pipe = self.pipe(spare)?;
                match splice(from, None, &pipe.write, None, PIPE_BYTES, flags) {
                    Ok(0) => self.ended = true,
                    Ok(count) => {
                        self.held_bytes += count;
                        moved = true;
                    }
                    // Also where the pipe is full of small pieces, or the connection is not made yet.
                    Err(Errno::AGAIN | Errno::NOTCONN) => {}
                    Err(errno) => return Err(errno),
                }
            }
            if self.held_bytes > 0 {
                let (held, pipe) = (self.held_bytes, self.pipe(spare)?);
                match splice(&pipe.read, None, to, None, held, flags) {
                    Ok(count) => {
                        self.held_bytes -= count;
                        moved |= count > 0;
                    }
                    Err(Errno::AGAIN | Errno::NOTCONN) => {}
                    Err(errno) => return Err(errno),
                }
            }
            if self.ended && self.held_bytes == 0 && !self.told {
                match shutdown(to, Shutdown::Write) {
                    Ok(()) => self.told = true,
                    // The connection is still being made; its end will be told when it is there.
                    Err(Errno::NOTCONN) => {}
                    Err(errno) => return Err(errno),
                }
            }
            if !moved {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn pipe(&mut self, spare: &mut Vec<Pipe>) -> Result<&Pipe, Errno> {
        if self.pipe.is_none() {
            let made = match spare.pop() {
                Some(pipe) => pipe,
                None => {
                    let (read, write) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
                    // A user with many pipes is given a smaller one; it works all the same.
                    let _ = fcntl_setpipe_size(&write, PIPE_BYTES);
                    Pipe { read, write }
                }
            };
            return Ok(self.pipe.insert(made));
        }
        Ok(self.pipe.as_ref().expect("a pipe that is there"))
    }
}
