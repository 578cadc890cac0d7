//! What a server's process has under way for clients: builds, loads and streams. All of it is lost with the process.

mod job;

use fastrand::Rng;
use journal_domain::{
    CloseStream, Command, OpenStream, StreamEnd, StreamId, StreamKind, StreamTarget, SystemCommand,
};
use projector_containers::State;

use self::job::{Job, Turn};
use crate::client::bytes;

/// Builds and loads that go on at once.
const JOBS: usize = 2;

/// Streams that are open at once.
const STREAMS: usize = 4;

/// What is under way.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    jobs: Vec<Job>,
    streams: Vec<StreamId>,
}

// === impl Sessions ===

impl Sessions {
    /// Tells whether nothing is under way that has to be brought to an end.
    pub(crate) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Gives what is asked for next; something new is begun where `begins` says so.
    pub(crate) fn next(&mut self, rng: &mut Rng, state: &State, begins: bool) -> Option<Command> {
        if begins {
            match rng.u8(..) {
                0..6 if self.jobs.len() < JOBS => self.jobs.push(Job::new(rng)),
                6..12 => return self.stream(rng, state).map(Command::from),
                12..128 => {}
                _ => return None,
            }
        }
        if self.jobs.is_empty() {
            return None;
        }
        let at = rng.usize(0..self.jobs.len());
        match self.jobs[at].turn(rng, state) {
            Turn::Ask(command) => Some(command),
            Turn::Wait => None,
            Turn::Over => {
                self.jobs.swap_remove(at);
                None
            }
        }
    }

    fn stream(&mut self, rng: &mut Rng, state: &State) -> Option<SystemCommand> {
        if self.streams.len() >= STREAMS {
            let id = self.streams.swap_remove(rng.usize(0..STREAMS));
            return Some(CloseStream { id, end: StreamEnd::HungUp }.into());
        }
        let container = state.newest_first().next()?.id;
        let id = StreamId::from_bytes(bytes(rng));
        self.streams.push(id);
        let (target, kind) = (StreamTarget::Container(container), StreamKind::Attach);
        Some(OpenStream { id, target, kind }.into())
    }
}
