//! The loop of the one thread that writes.
//!
//! It takes what waits, decides each command on a state of its own, appends all records as one group, and only
//! then publishes the state and answers. While a group is being made durable the next one gathers in the inbox,
//! so one sync serves as many commands as came in during the one before; there is no timer in this.
//!
//! A journal that fails ends the loop: nobody is answered, nothing is tried again.

mod batch;
mod publish;
mod timers;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use journal_log::{Body, Chain, Draft, Journal, RequestId, Seq, SnapshotRefBodyV1, Timestamp};
use projector_machine::Machine;
use tokio::sync::watch;

use self::{batch::Batch, timers::Timers};
use crate::inbox::{Pending, SnapshotEnd};
use crate::shared::Shared;
use crate::snapshots::Snapshots;
use crate::stopwatch::Stopwatch;
use crate::{Clock, FatalError, World, panics};

/// Timers that ring in one group; the others ring in the next, so that commands are not held up.
const TIMERS_PER_GROUP: usize = 64;

/// Whom a fatal error is told to.
pub(crate) type OnFatal = Box<dyn FnOnce(FatalError) + Send>;

/// The owner of the journal and of the state.
pub(crate) struct Sequencer<M: Machine, J: Journal> {
    pub(crate) journal: J,
    pub(crate) chain: Chain,
    pub(crate) world: Arc<World<M>>,
    pub(crate) shared: Arc<Shared<M>>,
    pub(crate) snapshots: Snapshots<M>,
    pub(crate) clock: Arc<dyn Clock>,
    /// The latest time in the log.
    pub(crate) last: Timestamp,
    pub(crate) head: watch::Sender<Seq>,
    pub(crate) on_fatal: Option<OnFatal>,
}

/// A fatal error was told, and the loop is over.
struct Ended;

/// What is kept from group to group.
struct Turn<M: Machine> {
    taken: VecDeque<Pending<M>>,
    timers: Timers,
    snapshot: Option<SnapshotRefBodyV1>,
}

impl<M: Machine, J: Journal> Sequencer<M, J> {
    /// Runs until the inbox is closed or something fatal happens; gives the journal back before it tells that it
    /// has ended.
    pub(crate) fn run(mut self) {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.run_turns()));
        if let Err(panic) = outcome {
            let message = panics::message_of(&*panic);
            self.tell(FatalError::Panicked { after: self.world.seq, message });
        }
        self.shared.inbox.close();
        self.snapshots.end();
        drop(self.journal);
        drop(self.head);
    }

    fn run_turns(&mut self) {
        let mut turn = Turn { taken: VecDeque::new(), timers: Timers::default(), snapshot: None };
        self.snapshots.consider(&self.world, self.chain.tail().hash);
        loop {
            let now = self.now();
            let wait = turn.timers.wait::<M>(&self.world.state, now);
            let taken = self.shared.inbox.take(wait, &mut turn.taken);
            if !taken.is_open {
                return;
            }
            if let Some(end) = taken.snapshot {
                self.snapshots.end();
                turn.snapshot = match end {
                    SnapshotEnd::Saved(body) => Some(body),
                    SnapshotEnd::Failed => None,
                };
            }
            loop {
                let batch = self.build(&mut turn);
                if self.commit(batch).is_err() {
                    return;
                }
                if turn.taken.is_empty() {
                    break;
                }
            }
        }
    }

    /// Decides what makes the next group: a snapshot's record, timers that are due, and what was taken.
    fn build(&mut self, turn: &mut Turn<M>) -> Batch<M> {
        let mut batch = Batch::new(Arc::clone(&self.world), self.chain.tail().seq);
        if let Some(body) = turn.snapshot.take() {
            match Draft::new(RequestId::NONE, &Body::SnapshotRef(body)) {
                Ok(draft) => batch.add_system(draft, self.now()),
                Err(error) => tracing::error!(%error, "a snapshot's record cannot be written"),
            }
        }
        self.ring(&mut batch, &mut turn.timers);
        while !batch.is_full()
            && let Some(pending) = turn.taken.pop_front()
        {
            let now = self.now();
            batch.decide(pending, now, &self.shared.metrics);
        }
        batch
    }

    fn ring(&mut self, batch: &mut Batch<M>, timers: &mut Timers) {
        for _ in 0..TIMERS_PER_GROUP {
            let now = self.now();
            let due = timers.due::<M>(batch.state(), now);
            let Some(due) = due.filter(|_| !batch.is_full()) else { return };
            let fired = due.fired();
            batch.decide(due.into_pending::<M>(), now, &self.shared.metrics);
            self.shared.metrics.timers.add(1);
            timers.hold_if_still_due::<M>(fired, batch.state(), now);
        }
    }

    fn commit(&mut self, batch: Batch<M>) -> Result<(), Ended> {
        if batch.is_empty() {
            return Ok(());
        }
        let (state, drafts, entries) = batch.into_parts();
        let records = self.chain.group(self.last, drafts);
        let watch = Stopwatch::start();
        if let Err(source) = self.journal.append(&records) {
            let first = self.world.seq.next();
            // The answers are still held here, so nobody hears of the end before whoever ends the process.
            self.tell(FatalError::Append { first, records: records.len(), source });
            return Err(Ended);
        }
        let metrics = &self.shared.metrics;
        metrics.append_micros.record_micros(watch.elapsed());
        let size_bytes: usize = entries.iter().map(|entry| entry.size_bytes).sum();
        metrics.records.add(records.len() as u64);
        metrics.record_bytes.add(size_bytes as u64);
        metrics.batch_records.record(records.len() as u64);
        self.world = Arc::new(World { seq: self.chain.tail().seq, at: self.last, state });
        let commands = entries.iter().filter(|entry| entry.is_command()).count();
        publish::publish(&self.shared, &self.head, &self.world, entries);
        self.snapshots.count(commands, size_bytes);
        self.snapshots.consider(&self.world, self.chain.tail().hash);
        Ok(())
    }

    /// Returns the time for the next record: the clock's, but never one before the last record's.
    fn now(&mut self) -> Timestamp {
        self.last = self.last.max(self.clock.now());
        self.last
    }

    fn tell(&mut self, error: FatalError) {
        let cause: &dyn std::error::Error = &error;
        tracing::error!(error = cause, "the engine cannot go on");
        if let Some(on_fatal) = self.on_fatal.take() {
            // Whatever it does, the submitters must not be left waiting.
            let _ = catch_unwind(AssertUnwindSafe(|| on_fatal(error)));
        }
    }
}
