//! The life of a shim: one loop that moves output, answers servers and waits for ends.
//!
//! Nothing in the loop waits for anyone: not for a server, not for a process of the container, not for a reader of the log.

use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use sandbox_shim::{ExitRecord, Notice};

use crate::process::Ending;
use crate::start::Running;

mod connections;
mod ending;
mod execs;
mod requests;

use connections::Connections;
use execs::Execs;

/// How long nothing must happen until memory is given back.
const IDLE: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

/// A container and those who talk to its shim.
pub(crate) struct Server {
    running: Running,
    execs: Execs,
    connections: Connections,
    paused: bool,
    last_signal_n: u64,
}

/// What the loop waits for.
#[derive(Debug, Clone, Copy)]
enum Source {
    /// A server connects.
    Listener,
    /// The container's first process has ended.
    FirstProcess,
    /// Output, by its index.
    Output(usize),
    /// A message, or room for one, by the connection's number.
    Connection(u64),
    /// News of an exec that is starting, by its index.
    ExecLink(usize),
    /// The end of an exec, by its index.
    ExecEnd(usize),
}

impl Server {
    /// Takes over a container that runs.
    pub(crate) fn new(running: Running) -> Self {
        Self {
            running,
            execs: Execs::default(),
            connections: Connections::default(),
            paused: false,
            last_signal_n: 0,
        }
    }

    /// Serves until the container has ended; leaves nothing of it but its records and its output.
    pub(crate) fn run(mut self) -> ExitRecord {
        loop {
            let ready = match self.wait() {
                Ok(ready) => ready,
                Err(Errno::INTR) => continue,
                // Only a want of memory is left, and that passes.
                Err(_) => Vec::new(),
            };
            if ready.is_empty() {
                self.running.output.release_memory();
            }
            if let Some(ending) = self.handle(&ready) {
                return self.end(ending);
            }
        }
    }

    /// Waits for something to happen; nothing does if the loop is idle and holds memory.
    fn wait(&self) -> Result<Vec<(Source, PollFlags)>, Errno> {
        let mut sources = vec![Source::Listener, Source::FirstProcess];
        let mut files = vec![
            PollFd::new(&self.running.listener, PollFlags::IN),
            PollFd::new(&self.running.process, PollFlags::IN),
        ];
        for (index, file) in self.running.output.sources() {
            sources.push(Source::Output(index));
            files.push(PollFd::from_borrowed_fd(file, PollFlags::IN));
        }
        for (number, file, flags) in self.connections.files() {
            sources.push(Source::Connection(number));
            files.push(PollFd::from_borrowed_fd(file, flags));
        }
        for (index, link, process) in self.execs.files() {
            if let Some(link) = link {
                sources.push(Source::ExecLink(index));
                files.push(PollFd::from_borrowed_fd(link, PollFlags::IN));
            }
            sources.push(Source::ExecEnd(index));
            files.push(PollFd::from_borrowed_fd(process, PollFlags::IN));
        }
        let timeout = self.running.output.holds_memory().then_some(&IDLE);
        poll(&mut files, timeout)?;
        let events = files.iter().map(PollFd::revents);
        Ok(sources.into_iter().zip(events).filter(|(_, events)| !events.is_empty()).collect())
    }

    /// Handles what has happened; returns how the first process ended, if it has.
    ///
    /// Indices stay good within one call as what is removed is removed last to first.
    fn handle(&mut self, ready: &[(Source, PollFlags)]) -> Option<Ending> {
        let mut ending = None;
        let mut moved = false;
        for (source, events) in ready.iter().rev() {
            match source {
                Source::Listener => self.connections.accept(self.running.listener.as_fd()),
                Source::FirstProcess => ending = self.running.process.ending(),
                Source::Output(index) => moved |= self.running.output.pump(*index),
                Source::Connection(number) => self.converse(*number, *events),
                Source::ExecLink(index) => self.exec_news(*index),
                Source::ExecEnd(index) => self.exec_end(*index),
            }
        }
        if moved {
            self.connections.output_advanced();
        }
        ending
    }

    fn notify(&mut self, notice: Notice) {
        self.connections.notify(notice);
    }

    /// Duplicates a descriptor for a server.
    fn share(file: &OwnedFd) -> Result<OwnedFd, Errno> {
        rustix::io::fcntl_dupfd_cloexec(file, 0)
    }
}
