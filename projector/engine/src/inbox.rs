//! The bounded queues in front of the sequencer.
//!
//! There are two lanes, so that a flood of API calls cannot hold up what is observed outside: the priority lane
//! is emptied first. Each lane is bounded in bytes by a semaphore, and by it in commands too, for each command
//! is charged for some bytes at least. Submitters wait for room, first come, first served.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use journal_log::{
    Actor, BODY_BYTES_MAX, Draft, GROUP_RECORDS_MAX, Release, RequestId, Seq, SnapshotRefBodyV1,
    Tagged, Wire,
};
use projector_machine::{Machine, Source};
use tokio::sync::{Semaphore, oneshot};

use crate::{Check, Committed, Submission, SubmitError};

/// Bytes of commands that wait in one lane.
///
/// Submitters wait for their answer anyway, so a longer queue would only hide overload.
const LANE_BYTES_MAX: u32 = 8 << 20;

/// What a command is charged for at least.
///
/// It bounds a lane to 1,024 commands, which is two group commits.
const CHARGE_BYTES_MIN: u32 = 8 << 10;

/// Bytes of commands taken at once, the last one apart: about one group commit.
const TAKE_BYTES: usize = 1 << 20;

/// Commands of the priority lane taken at once while clients wait: a quarter of a group stays for them.
const PRIORITY_SHARE: usize = GROUP_RECORDS_MAX / 4 * 3;

/// Notes that wait: each kind has one writer, which waits for its answer before it writes the next.
const NOTES_MAX: usize = 16;

/// What a submitter is told.
pub type Answer<M> = Result<Committed<M>, SubmitError<<M as Machine>::Refusal>>;

/// A command that waits to be decided.
pub(crate) struct Pending<M: Machine> {
    pub(crate) actor: Actor,
    pub(crate) request: RequestId,
    pub(crate) cause: Option<Seq>,
    pub(crate) source: Source,
    pub(crate) command: M::Command,
    /// The command as it will stand in the record: the submitter has encoded it, not the sequencer.
    pub(crate) tagged: Tagged,
    /// What is asked before the machine is.
    pub(crate) check: Option<Check<M>>,
    /// Who waits for the answer; nobody does for a timer.
    pub(crate) answer: Option<oneshot::Sender<Answer<M>>>,
}

/// A record that no command makes, such as a seal.
pub(crate) struct Note<M: Machine> {
    pub(crate) draft: Draft,
    /// The oldest release that reads it.
    pub(crate) since: Release,
    /// Who waits until it is durable.
    pub(crate) answer: oneshot::Sender<Answer<M>>,
}

/// A lane to the sequencer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Observations and what the server itself asks.
    Priority,
    /// What clients ask.
    Client,
}

/// What the sequencer found when it looked.
pub(crate) struct Taken<M: Machine> {
    /// Whether the engine is to go on.
    pub(crate) is_open: bool,
    /// Records that no command makes.
    pub(crate) notes: Vec<Note<M>>,
    /// The end of a snapshot that was being made.
    pub(crate) snapshot: Option<SnapshotEnd>,
}

/// How a snapshot ended.
pub(crate) enum SnapshotEnd {
    /// It is durable.
    Saved(SnapshotRefBodyV1),
    /// It is not there, and that was logged.
    Failed,
}

/// The queues of one engine.
pub(crate) struct Inbox<M: Machine> {
    queues: Mutex<Queues<M>>,
    is_ready: Condvar,
    priority_room: Semaphore,
    client_room: Semaphore,
}

struct Queues<M: Machine> {
    priority: VecDeque<Pending<M>>,
    client: VecDeque<Pending<M>>,
    notes: Vec<Note<M>>,
    snapshot: Option<SnapshotEnd>,
    is_woken: bool,
    is_open: bool,
}

// === impl Inbox ===

impl<M: Machine> Inbox<M> {
    pub(crate) fn new() -> Self {
        Self {
            queues: Mutex::new(Queues {
                priority: VecDeque::new(),
                client: VecDeque::new(),
                notes: Vec::new(),
                snapshot: None,
                is_woken: false,
                is_open: true,
            }),
            is_ready: Condvar::new(),
            priority_room: Semaphore::new(LANE_BYTES_MAX as usize),
            client_room: Semaphore::new(LANE_BYTES_MAX as usize),
        }
    }

    /// Queues `pending` once there is room in its lane, which is waited for at most `wait`.
    pub(crate) async fn submit(
        &self,
        pending: Pending<M>,
        wait: Duration,
    ) -> Result<(), SubmitError<M::Refusal>> {
        let room = self.room(pending.lane());
        let charge = pending.charge();
        if let Ok(permit) = room.try_acquire_many(charge) {
            permit.forget();
        } else {
            let acquired = tokio::time::timeout(wait, room.acquire_many(charge)).await;
            let permit = acquired.map_err(|_| SubmitError::Overloaded { waited: wait })?;
            permit.map_err(|_| SubmitError::Stopped)?.forget();
        }
        self.push(pending)
    }

    /// Waits for something to do, at most `wait`, and takes what makes about one group.
    pub(crate) fn take(&self, wait: Option<Duration>, into: &mut VecDeque<Pending<M>>) -> Taken<M> {
        let mut queues = self.queues();
        if queues.is_idle() {
            queues = match wait {
                Some(wait) => {
                    let waited = self.is_ready.wait_timeout(queues, wait);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.is_ready.wait(queues).unwrap_or_else(PoisonError::into_inner),
            };
        }
        queues.is_woken = false;
        let mut room = TakeRoom { records: GROUP_RECORDS_MAX, bytes: TAKE_BYTES };
        let share = if queues.client.is_empty() { GROUP_RECORDS_MAX } else { PRIORITY_SHARE };
        let priority_charge = move_some(&mut queues.priority, into, share, &mut room);
        let client_charge = move_some(&mut queues.client, into, GROUP_RECORDS_MAX, &mut room);
        let notes = std::mem::take(&mut queues.notes);
        let taken = Taken { is_open: queues.is_open, notes, snapshot: queues.snapshot.take() };
        drop(queues);
        self.priority_room.add_permits(priority_charge);
        self.client_room.add_permits(client_charge);
        taken
    }

    /// Queues `note`, for which nobody waits long: there are few of them.
    pub(crate) fn note(&self, note: Note<M>) -> Result<(), SubmitError<M::Refusal>> {
        let mut queues = self.queues();
        if !queues.is_open {
            return Err(SubmitError::Stopped);
        }
        if queues.notes.len() >= NOTES_MAX {
            return Err(SubmitError::Overloaded { waited: Duration::ZERO });
        }
        queues.notes.push(note);
        drop(queues);
        self.is_ready.notify_one();
        Ok(())
    }

    /// Makes the sequencer look at the clock again.
    pub(crate) fn wake(&self) {
        self.queues().is_woken = true;
        self.is_ready.notify_one();
    }

    /// Tells the sequencer that the snapshot it asked for has ended.
    pub(crate) fn end_snapshot(&self, end: SnapshotEnd) {
        self.queues().snapshot = Some(end);
        self.is_ready.notify_one();
    }

    /// Ends the engine: what is queued is dropped, and nothing is taken any more.
    pub(crate) fn close(&self) {
        let mut queues = self.queues();
        queues.is_open = false;
        let dropped = (std::mem::take(&mut queues.priority), std::mem::take(&mut queues.client));
        let notes = std::mem::take(&mut queues.notes);
        drop(queues);
        drop((dropped, notes));
        self.priority_room.close();
        self.client_room.close();
        self.is_ready.notify_one();
    }

    /// Returns how many commands wait in `lane`.
    pub(crate) fn depth(&self, lane: Lane) -> usize {
        let queues = self.queues();
        match lane {
            Lane::Priority => queues.priority.len(),
            Lane::Client => queues.client.len(),
        }
    }

    fn push(&self, pending: Pending<M>) -> Result<(), SubmitError<M::Refusal>> {
        let mut queues = self.queues();
        if !queues.is_open {
            return Err(SubmitError::Stopped);
        }
        let was_idle = queues.is_idle();
        match pending.lane() {
            Lane::Priority => queues.priority.push_back(pending),
            Lane::Client => queues.client.push_back(pending),
        }
        drop(queues);
        // Somebody else has woken the sequencer where it was not idle, or it is at work and will look again.
        if was_idle {
            self.is_ready.notify_one();
        }
        Ok(())
    }

    const fn room(&self, lane: Lane) -> &Semaphore {
        match lane {
            Lane::Priority => &self.priority_room,
            Lane::Client => &self.client_room,
        }
    }

    fn queues(&self) -> MutexGuard<'_, Queues<M>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: Machine> Queues<M> {
    fn is_idle(&self) -> bool {
        self.is_open
            && !self.is_woken
            && self.notes.is_empty()
            && self.snapshot.is_none()
            && self.priority.is_empty()
            && self.client.is_empty()
    }
}

// === impl Pending ===

impl<M: Machine> Pending<M> {
    /// Makes a submission ready for the log; what that cannot hold is told here.
    pub(crate) fn of(
        submission: Submission<M::Command>,
        answer: Option<oneshot::Sender<Answer<M>>>,
    ) -> Result<Self, SubmitError<M::Refusal>> {
        let tagged = submission.command.to_tagged()?;
        let pending = Self {
            actor: submission.actor,
            request: submission.request,
            cause: submission.cause,
            source: M::source(&submission.command),
            tagged,
            command: submission.command,
            check: None,
            answer,
        };
        let size_bytes = pending.size_bytes();
        if size_bytes > BODY_BYTES_MAX {
            return Err(SubmitError::TooLarge { size_bytes, limit_bytes: BODY_BYTES_MAX });
        }
        Ok(pending)
    }

    /// Returns the bytes that the command and its actor add to the record.
    pub(crate) fn size_bytes(&self) -> usize {
        let actor = &self.actor;
        self.tagged.bytes.len() + actor.principal.len() + actor.source.len() + actor.agent.len()
    }

    fn lane(&self) -> Lane {
        match self.source {
            Source::Client => Lane::Client,
            Source::Observation | Source::Timer | Source::System => Lane::Priority,
        }
    }

    fn charge(&self) -> u32 {
        let size = u32::try_from(self.size_bytes()).unwrap_or(LANE_BYTES_MAX);
        size.clamp(CHARGE_BYTES_MIN, LANE_BYTES_MAX)
    }
}

/// What may still be taken.
struct TakeRoom {
    records: usize,
    bytes: usize,
}

/// Moves at most `most` commands, and as much as there is room for; returns what they were charged for.
fn move_some<M: Machine>(
    from: &mut VecDeque<Pending<M>>,
    into: &mut VecDeque<Pending<M>>,
    most: usize,
    room: &mut TakeRoom,
) -> usize {
    let mut charge = 0;
    for _ in 0..most {
        if room.records == 0 || room.bytes == 0 {
            break;
        }
        let Some(pending) = from.pop_front() else { break };
        room.records -= 1;
        room.bytes = room.bytes.saturating_sub(pending.size_bytes());
        charge += pending.charge() as usize;
        into.push_back(pending);
    }
    charge
}
