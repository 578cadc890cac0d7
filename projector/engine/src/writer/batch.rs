//! One group in the making: commands decided on a state that nobody sees yet.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use journal_log::{
    Body, CommandBodyV1, Draft, EncodeError, GROUP_RECORDS_MAX, HEADER_BYTES, Outcome, Release,
    RequestId, Seq, Tagged, Timestamp, VersionBarrierBodyV1, Wire,
};
use projector_machine::{Machine, Source, Stamp};
use tokio::sync::oneshot;

use crate::inbox::{Answer, Note, Pending};
use crate::metrics::Metrics;
use crate::{Committed, SubmitError, World, panics};

/// Bytes of records after which a group is closed.
///
/// The record that takes it over the mark may have another 1 MiB, which is well within the journal's limit.
const GROUP_BYTES: usize = 1 << 20;

/// Records of a group that commands do not take, for a barrier before the last of them, and for what the engine itself
/// has to say.
const SPARE_RECORDS: usize = 1;

/// One group in the making.
pub(crate) struct Batch<M: Machine> {
    /// What was published last; the state is built anew from here when an apply has panicked.
    base: Arc<World<M>>,
    state: M::State,
    drafts: Vec<Draft>,
    entries: Vec<Entry<M>>,
    size_bytes: usize,
    next: Seq,
    barrier: Release,
}

/// What is to be told about a record once it is durable.
pub(crate) struct Entry<M: Machine> {
    pub(crate) stamp: Stamp,
    /// Bytes of the record, its header included.
    pub(crate) size_bytes: usize,
    pub(crate) verdict: Verdict<M>,
    pub(crate) answer: Option<oneshot::Sender<Answer<M>>>,
}

/// What was decided.
pub(crate) enum Verdict<M: Machine> {
    Accepted(Arc<[M::Event]>),
    Refused(M::Refusal),
    /// No command made the record.
    System,
}

impl<M: Machine> Batch<M> {
    /// Begins a group after `base`, the first record of which follows `last`, where a barrier asks for `barrier`.
    pub(crate) fn new(base: Arc<World<M>>, last: Seq, barrier: Release) -> Self {
        let state = base.state.clone();
        let next = last.next();
        Self { base, state, drafts: Vec::new(), entries: Vec::new(), size_bytes: 0, next, barrier }
    }

    /// Returns the release that the newest barrier asks for.
    pub(crate) const fn barrier(&self) -> Release {
        self.barrier
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.drafts.is_empty()
    }

    pub(crate) const fn is_full(&self) -> bool {
        self.drafts.len() >= GROUP_RECORDS_MAX - SPARE_RECORDS || self.size_bytes >= GROUP_BYTES
    }

    /// Returns the state after everything that was decided so far.
    pub(crate) const fn state(&self) -> &M::State {
        &self.state
    }

    pub(crate) fn into_parts(self) -> (M::State, Vec<Draft>, Vec<Entry<M>>) {
        (self.state, self.drafts, self.entries)
    }

    /// Adds a record of the engine's own making.
    pub(crate) fn add_system(&mut self, draft: Draft, at: Timestamp) {
        self.add(draft, at, Verdict::System, None);
    }

    /// Adds a record that no command makes; whoever asked for it is told when it is durable.
    pub(super) fn add_note(&mut self, note: Note<M>, at: Timestamp) {
        self.add_barrier(note.since, at);
        self.add(note.draft, at, Verdict::System, Some(note.answer));
    }

    /// Adds a barrier where what follows cannot be read by every release that the log lets go on.
    fn add_barrier(&mut self, since: Release, at: Timestamp) {
        if since <= self.barrier {
            return;
        }
        let body = VersionBarrierBodyV1 { min_binary: since.to_string() };
        let draft = Draft::new(RequestId::NONE, &Body::VersionBarrier(body));
        self.add_system(draft.expect("three numbers fit into a record"), at);
        self.barrier = since;
    }

    /// Decides `pending`, applies what comes of it, and adds its record.
    ///
    /// Where that panics or makes too large a record, the submitter is told at once and nothing stays behind.
    pub(crate) fn decide(&mut self, pending: Pending<M>, now: Timestamp, metrics: &Metrics) {
        let Pending { actor, request, cause, source, command, tagged, check, answer } = pending;
        let (next, barrier) = (self.next, self.barrier);
        let kind = tagged.kind;
        let state = &mut self.state;
        let mut is_applying = false;
        let decided = catch_unwind(AssertUnwindSafe(|| {
            let checked = check.map_or(Ok(()), |check| check(state, &command));
            let verdict = match checked.and_then(|()| M::decide(state, &command, now)) {
                Ok(events) => Verdict::<M>::Accepted(events.into()),
                Err(refusal) => Verdict::Refused(refusal),
            };
            let (outcome, events) = verdict.for_log()?;
            let body =
                CommandBodyV1 { actor, request, now, cause, command: tagged, outcome, events };
            let draft = Draft::new(request, &body_of(source, body))?;
            let since = verdict.since().max(command.since());
            // A barrier takes the place before it.
            let seq = if since > barrier { next.next() } else { next };
            let stamp = Stamp { seq, at: now };
            is_applying = true;
            for event in verdict.events() {
                M::apply(state, event, stamp);
            }
            Ok::<_, EncodeError>((draft, verdict, since))
        }));
        let error = match decided {
            Ok(Ok((draft, verdict, since))) => {
                if matches!(verdict, Verdict::Refused(_)) {
                    metrics.refusals.add(1);
                }
                if journal_log::planted!("refusals-unrecorded")
                    && let Verdict::Refused(refusal) = verdict
                {
                    let told = SubmitError::Refused { seq: self.next.previous(), refusal };
                    answer.map(|answer| answer.send(Err(told)));
                    return;
                }
                self.add_barrier(since, now);
                return self.add(draft, now, verdict, answer);
            }
            Ok(Err(error)) => SubmitError::from(error),
            Err(panic) => SubmitError::Panicked { message: panics::message_of(&*panic) },
        };
        if is_applying {
            self.restore();
        }
        if matches!(error, SubmitError::Panicked { .. }) {
            metrics.panics.add(1);
            // The command itself may hold secrets, so its kind has to do.
            tracing::error!(kind, %error, "a command was given up");
        }
        if let Some(answer) = answer {
            let _ = answer.send(Err(error));
        }
    }

    fn add(
        &mut self,
        draft: Draft,
        at: Timestamp,
        verdict: Verdict<M>,
        answer: Option<oneshot::Sender<Answer<M>>>,
    ) {
        let size_bytes = HEADER_BYTES + draft.body.len();
        let stamp = Stamp { seq: self.next, at };
        self.next = self.next.next();
        self.size_bytes += size_bytes;
        self.drafts.push(draft);
        self.entries.push(Entry { stamp, size_bytes, verdict, answer });
    }

    /// Builds the state anew from what was decided before, after an apply has left it half changed.
    fn restore(&mut self) {
        self.state = self.base.state.clone();
        for entry in &self.entries {
            for event in entry.verdict.events() {
                M::apply(&mut self.state, event, entry.stamp);
            }
        }
    }
}

impl<M: Machine> Entry<M> {
    /// Tells whoever waits for it what was decided.
    pub(crate) fn answer(self) {
        let Some(answer) = self.answer else { return };
        let verdict = match self.verdict {
            Verdict::Accepted(events) => Ok(Committed { stamp: self.stamp, events }),
            Verdict::Refused(refusal) => Err(SubmitError::Refused { seq: self.stamp.seq, refusal }),
            Verdict::System => Ok(Committed { stamp: self.stamp, events: Arc::from([]) }),
        };
        // A submitter that went away does not undo its command.
        let _ = answer.send(verdict);
    }

    pub(crate) const fn is_command(&self) -> bool {
        !matches!(self.verdict, Verdict::System)
    }
}

impl<M: Machine> Verdict<M> {
    /// Returns what has happened.
    pub(crate) fn events(&self) -> &[M::Event] {
        match self {
            Self::Accepted(events) => events,
            Self::Refused(_) | Self::System => &[],
        }
    }

    /// Returns the oldest release that reads what has happened.
    fn since(&self) -> Release {
        self.events().iter().map(Wire::since).max().unwrap_or(Release::FIRST)
    }

    fn for_log(&self) -> Result<(Outcome, Vec<Tagged>), EncodeError> {
        Ok(match self {
            Self::Accepted(events) => {
                let events = events.iter().map(Wire::to_tagged).collect::<Result<_, _>>()?;
                (Outcome::Accepted, events)
            }
            Self::Refused(refusal) => {
                let (code, message) = (M::refusal_code(refusal), refusal.to_string());
                (Outcome::Refused { code, message }, Vec::new())
            }
            Self::System => (Outcome::Accepted, Vec::new()),
        })
    }
}

fn body_of(source: Source, body: CommandBodyV1) -> Body {
    match source {
        Source::Client | Source::System => Body::Command(body),
        Source::Observation => Body::Observation(body),
        Source::Timer => Body::Timer(body),
    }
}
