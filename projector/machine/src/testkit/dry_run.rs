//! A machine driven without a journal.

use std::sync::Arc;

use journal_log::{Seq, Timestamp};

use crate::{Machine, Stamp};

/// Decides and applies command after command, as an engine would, and keeps the events.
#[derive(Debug)]
pub struct DryRun<M: Machine> {
    state: M::State,
    last: Seq,
    events: Vec<(Stamp, M::Event)>,
}

impl<M: Machine> DryRun<M> {
    /// Begins with the state before the first event.
    pub fn new() -> Self {
        Self { state: M::State::default(), last: Seq::GENESIS, events: Vec::new() }
    }

    /// Decides `command` at `now` and applies what comes of it; returns the new events.
    ///
    /// A refusal takes a place in the log too.
    pub fn submit(
        &mut self,
        command: &M::Command,
        now: Timestamp,
    ) -> Result<Arc<[M::Event]>, M::Refusal> {
        self.last = self.last.next();
        let stamp = Stamp { seq: self.last, at: now };
        let events: Arc<[M::Event]> = M::decide(&self.state, command, now)?.into();
        for event in &*events {
            M::apply(&mut self.state, event, stamp);
            self.events.push((stamp, event.clone()));
        }
        Ok(events)
    }

    /// Submits the commands of the timers that are due at `now`, earliest first; returns how many there were.
    ///
    /// A refused command ends it, for its timer would come up again.
    pub fn fire_due(&mut self, now: Timestamp) -> Result<usize, M::Refusal> {
        let mut fired = 0;
        while let Some((_, command)) = M::next_timer(&self.state).filter(|(at, _)| *at <= now) {
            self.submit(&command, now)?;
            fired += 1;
        }
        Ok(fired)
    }

    /// Returns the state after all events.
    pub const fn state(&self) -> &M::State {
        &self.state
    }

    /// Returns all events, each with its record.
    pub fn events(&self) -> &[(Stamp, M::Event)] {
        &self.events
    }
}

impl<M: Machine> Default for DryRun<M> {
    fn default() -> Self {
        Self::new()
    }
}
