//! A server's process: everything in it is lost when it dies.

use std::{sync::Arc, time::Duration};

use backends_reconcile::{Limits, Progress, Sightings, StepKey};
use journal_domain::Command;
use journal_log::{Actor, RequestId, Timestamp};
use projector_containers::{Containers, State};
use projector_engine::{Submission, Writer};
use tokio::time::Instant;

use crate::{
    disk::SimJournal,
    network::{Generation, InFlight},
    sessions::Sessions,
};

/// A server at work.
pub(crate) struct Server {
    pub(crate) generation: Generation,
    pub(crate) writer: Writer<Containers, SimJournal>,
    pub(crate) progress: Progress,
    pub(crate) limits: Limits,
    pub(crate) seen: Sightings,
    pub(crate) in_flight: InFlight,
    /// What it has under way for clients.
    pub(crate) sessions: Sessions,
    /// Whether its first group is durable.
    pub(crate) has_booted: bool,
    /// Whether what ran before it is on record.
    pub(crate) has_adopted: bool,
    /// Until when its reconciler stands still.
    pub(crate) paused_until: Timestamp,
    inbox: Vec<(Submission<Command>, Origin)>,
    /// When the writer looks next, where it does by itself.
    turn_at: Option<Timestamp>,
    /// The simulated time's zero, as the reconciler's clock has it.
    zero: Instant,
    began: Timestamp,
}

/// Who has submitted something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A client.
    Client,
    /// A step, which ends once that is on record.
    Step(StepKey),
    /// The server itself.
    Own,
}

// === impl Server ===

impl Server {
    pub(crate) fn new(
        generation: Generation,
        writer: Writer<Containers, SimJournal>,
        zero: Instant,
        began: Timestamp,
    ) -> Self {
        Self {
            generation,
            writer,
            progress: Progress::default(),
            limits: Limits::default(),
            seen: Sightings::default(),
            in_flight: InFlight::new(),
            sessions: Sessions::default(),
            has_booted: false,
            has_adopted: false,
            paused_until: Timestamp::ZERO,
            inbox: Vec::new(),
            turn_at: None,
            zero,
            began,
        }
    }

    pub(crate) fn state(&self) -> &State {
        &self.writer.world().state
    }

    /// Gives the time as the reconciler's clock has it: it goes on evenly, whatever the host's does.
    pub(crate) fn instant(&self, now: Timestamp) -> Instant {
        self.zero + now.saturating_since(self.began)
    }

    /// Gives the simulated time of an instant.
    pub(crate) fn time(&self, instant: Instant) -> Timestamp {
        self.began.saturating_add(instant.saturating_duration_since(self.zero))
    }

    /// Queues a command.
    pub(crate) fn submit(&mut self, principal: &str, command: Command, origin: Origin) {
        let actor = Actor { principal: principal.to_owned(), ..Actor::default() };
        let submission = Submission { actor, request: RequestId::NONE, cause: None, command };
        self.inbox.push((submission, origin));
    }

    /// Gives when the writer has to look next, where that is earlier than was said before.
    pub(crate) fn next_turn(&mut self, now: Timestamp, sync: Duration) -> Option<Timestamp> {
        let wait = if self.inbox.is_empty() { self.writer.wait()? } else { Duration::ZERO };
        let at = now.saturating_add(wait.max(sync));
        if self.turn_at.is_some_and(|known| known <= at && known >= now) {
            return None;
        }
        self.turn_at = Some(at);
        Some(at)
    }

    /// Tells whether the writer looks at `now`: an earlier look may have been asked for since.
    pub(crate) fn is_its_turn(&self, now: Timestamp) -> bool {
        self.turn_at == Some(now)
    }

    /// Takes everything that is queued.
    pub(crate) fn take(&mut self) -> (Vec<Submission<Command>>, Vec<Origin>) {
        self.turn_at = None;
        std::mem::take(&mut self.inbox).into_iter().unzip()
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.has_adopted
            && self.inbox.is_empty()
            && self.sessions.is_empty()
            && !self.in_flight.values().any(|waiting| waiting.before.is_none())
    }

    /// Gives the world, for whoever looks at it later.
    pub(crate) fn world(&self) -> Arc<projector_engine::World<Containers>> {
        Arc::clone(self.writer.world())
    }
}
