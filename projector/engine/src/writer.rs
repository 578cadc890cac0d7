//! The single writer without its thread: what there is to do between two looks at a queue.
//!
//! It decides what it is given on a state of its own, appends all records as one group, and folds them. The
//! sequencer gives it a thread and a queue; whoever drives it by hand has the whole of it in his own order.
//!
//! A journal that fails ends it: nothing is tried again.

mod batch;
mod timers;

use std::collections::VecDeque;
use std::sync::Arc;

use journal_log::{
    Body, Chain, Draft, EncodeError, EpochBodyV1, Journal, JournalReader, RecordHash, Release,
    RequestId, SnapshotError, SnapshotRefBodyV1, SnapshotStore, Timestamp,
};
use projector_machine::Machine;
use tokio::sync::oneshot;

pub(crate) use self::batch::{Batch, Entry, Verdict};
use self::timers::Timers;
use crate::inbox::{Answer, Note, Pending};
use crate::metrics::Metrics;
use crate::replay::replay;
use crate::snapshots::make_snapshot;
use crate::stopwatch::Stopwatch;
use crate::{
    Clock, EngineOptions, FatalError, Opening, ReplayError, ReplayOptions, ReplayReport, Replayed,
    SnapshotPolicy, StartError, Submission, SubmitError, World,
};

/// Timers that ring in one group; the others ring in the next, so that commands are not held up.
const TIMERS_PER_GROUP: usize = 64;

/// The owner of a journal and of the state that is folded of it.
pub struct Writer<M: Machine, J: Journal> {
    journal: J,
    chain: Chain,
    world: Arc<World<M>>,
    clock: Arc<dyn Clock>,
    /// The latest time in the log.
    last: Timestamp,
    timers: Timers,
    /// A snapshot that the next group names.
    snapshot: Option<SnapshotRefBodyV1>,
    /// Records that no command makes, for the next group.
    notes: Vec<Note<M>>,
    /// The release that the newest barrier of this opening asks for.
    barrier: Release,
    metrics: Arc<Metrics>,
}

/// A group that is durable and folded.
pub(crate) struct Group<M: Machine> {
    pub(crate) entries: Vec<Entry<M>>,
    pub(crate) size_bytes: usize,
}

/// A group that the journal did not take.
pub(crate) struct Failure<M: Machine> {
    pub(crate) error: FatalError,
    /// What was not answered. It is held until whoever ends the process was told, so that nobody hears before.
    pub(crate) unanswered: Vec<Entry<M>>,
}

impl<M: Machine, J: Journal> Writer<M, J> {
    /// Replays the log of `journal` and appends the epoch record.
    ///
    /// It blocks as long as the replay takes.
    pub fn open(
        mut journal: J,
        snapshots: &dyn SnapshotStore,
        clock: Arc<dyn Clock>,
        options: &EngineOptions,
    ) -> Result<(Self, ReplayReport), StartError> {
        let reader = journal.reader();
        let replay_options = ReplayOptions {
            until: None,
            use_snapshots: true,
            verify_state: options.verify_state,
            hashes: None,
            binary: options.opening.binary.clone(),
            on_progress: options.on_progress.clone(),
        };
        let Replayed { mut world, tail: read, last, report } =
            replay::<M>(&*reader, snapshots, &replay_options)?;
        let tail = journal.tail();
        if (tail.seq, tail.hash) != (read.seq, read.hash) {
            return Err(ReplayError::Tail { read: read.seq, tail: tail.seq }.into());
        }
        clock.resume(last);
        let now = last.max(clock.now());
        let mut chain = Chain::new(tail);
        journal.append(&chain.group(now, vec![epoch_draft(&options.opening, now)?]))?;
        (world.seq, world.at) = (chain.tail().seq, now);
        let writer = Self {
            journal,
            chain,
            world: Arc::new(world),
            clock,
            last: now,
            timers: Timers::default(),
            snapshot: None,
            notes: Vec::new(),
            // One of an earlier opening may be behind a snapshot, so the first need of each opening repeats it.
            barrier: Release::FIRST,
            metrics: Arc::new(Metrics::new()),
        };
        Ok((writer, report))
    }

    /// Returns the state after the last group.
    pub const fn world(&self) -> &Arc<World<M>> {
        &self.world
    }

    /// Returns the hash of the last record.
    pub const fn tail_hash(&self) -> RecordHash {
        self.chain.tail().hash
    }

    /// Returns a reader of the journal.
    pub fn reader(&self) -> Arc<dyn JournalReader> {
        self.journal.reader()
    }

    /// Returns how long there is no timer to ring; `None` where none is set.
    pub fn wait(&mut self) -> Option<std::time::Duration> {
        let now = self.now();
        self.timers.wait::<M>(&self.world.state, now)
    }

    /// Decides, appends and folds `submissions` and every timer that is due; returns the answers in order.
    ///
    /// After an error nobody may be answered, and only another opening finds out what is durable.
    pub fn turn(
        &mut self,
        submissions: impl IntoIterator<Item = Submission<M::Command>>,
    ) -> Result<Vec<Answer<M>>, FatalError> {
        let mut taken = VecDeque::new();
        let answers: Vec<_> = submissions
            .into_iter()
            .map(|submission| {
                let (answer, answered) = oneshot::channel();
                taken.push_back(Pending::of(submission, Some(answer))?);
                Ok(answered)
            })
            .collect();
        loop {
            let batch = self.build(&mut taken);
            if let Some(group) = self.commit(batch).map_err(|failure| failure.error)? {
                group.entries.into_iter().for_each(Entry::answer);
            }
            if taken.is_empty() {
                break;
            }
        }
        let answer = |queued: Result<oneshot::Receiver<Answer<M>>, _>| {
            queued.and_then(|mut answered| answered.try_recv().unwrap_or(Err(SubmitError::Stopped)))
        };
        Ok(answers.into_iter().map(answer).collect())
    }

    /// Saves a snapshot of the state, reads it back, and drops what `policy` does not keep. The next group names it.
    pub fn save_snapshot(
        &mut self,
        store: &dyn SnapshotStore,
        policy: &SnapshotPolicy,
        binary: &str,
    ) -> Result<(), SnapshotError> {
        let made = make_snapshot(store, &self.world, self.tail_hash(), policy, binary);
        self.snapshot = Some(made.map_err(|error| SnapshotError::Store(Box::new(error)))?);
        Ok(())
    }

    /// Has the next group name a snapshot that was saved.
    pub(crate) fn name_snapshot(&mut self, body: SnapshotRefBodyV1) {
        self.snapshot = Some(body);
    }

    /// Has the next group hold records that no command makes.
    pub(crate) fn add_notes(&mut self, notes: Vec<Note<M>>) {
        self.notes.extend(notes);
    }

    pub(crate) const fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Decides what makes the next group: a snapshot's record, notes, timers that are due, and what was taken.
    pub(crate) fn build(&mut self, taken: &mut VecDeque<Pending<M>>) -> Batch<M> {
        let mut batch = Batch::new(Arc::clone(&self.world), self.chain.tail().seq, self.barrier);
        if let Some(body) = self.snapshot.take() {
            match Draft::new(RequestId::NONE, &Body::SnapshotRef(body)) {
                Ok(draft) => batch.add_system(draft, self.now()),
                Err(error) => tracing::error!(%error, "a snapshot's record cannot be written"),
            }
        }
        for note in std::mem::take(&mut self.notes) {
            batch.add_note(note, self.now());
        }
        self.ring(&mut batch);
        while !batch.is_full()
            && let Some(pending) = taken.pop_front()
        {
            let now = self.now();
            batch.decide(pending, now, &self.metrics);
        }
        batch
    }

    fn ring(&mut self, batch: &mut Batch<M>) {
        for _ in 0..TIMERS_PER_GROUP {
            let now = self.now();
            let due = self.timers.due::<M>(batch.state(), now);
            let Some(due) = due.filter(|_| !batch.is_full()) else { return };
            let fired = due.fired();
            if journal_log::planted!("timer-fires-twice")
                && let Some(again) = self.timers.due::<M>(batch.state(), now)
            {
                batch.decide(again.into_pending::<M>(), now, &self.metrics);
            }
            batch.decide(due.into_pending::<M>(), now, &self.metrics);
            self.metrics.timers.add(1);
            self.timers.hold_if_still_due::<M>(fired, batch.state(), now);
        }
    }

    /// Makes `batch` durable and folds it; nothing for an empty one.
    pub(crate) fn commit(&mut self, batch: Batch<M>) -> Result<Option<Group<M>>, Failure<M>> {
        if batch.is_empty() {
            return Ok(None);
        }
        self.barrier = batch.barrier();
        let (state, drafts, entries) = batch.into_parts();
        let records = self.chain.group(self.last, drafts);
        let watch = Stopwatch::start();
        let entries = journal_log::planted!("answer-before-append", entries, {
            entries.into_iter().for_each(Entry::answer);
            Vec::new()
        });
        if let Err(source) = self.journal.append(&records) {
            let first = self.world.seq.next();
            let error = FatalError::Append { first, records: records.len(), source };
            return Err(Failure { error, unanswered: entries });
        }
        self.metrics.append_micros.record_micros(watch.elapsed());
        let size_bytes: usize = entries.iter().map(|entry| entry.size_bytes).sum();
        self.metrics.records.add(records.len() as u64);
        self.metrics.record_bytes.add(size_bytes as u64);
        self.metrics.batch_records.record(records.len() as u64);
        self.world = Arc::new(World { seq: self.chain.tail().seq, at: self.last, state });
        Ok(Some(Group { entries, size_bytes }))
    }

    /// Returns the time for the next record: the clock's, but never one before the last record's.
    fn now(&mut self) -> Timestamp {
        self.last = journal_log::planted!(
            "clock-goes-back",
            self.last.max(self.clock.now()),
            self.clock.now()
        );
        self.last
    }
}

fn epoch_draft(opening: &Opening, now: Timestamp) -> Result<Draft, EncodeError> {
    let body = EpochBodyV1 {
        now,
        node: opening.node.clone(),
        boot: opening.boot.clone(),
        binary: opening.binary.clone(),
        cluster: opening.cluster,
        recovery: opening.recovery.clone(),
    };
    Draft::new(RequestId::NONE, &Body::Epoch(body))
}
