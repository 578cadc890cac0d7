//! The folding of records, with a thread that reads ahead.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use journal_log::{ChainVerifier, JournalReader, RecordKind, Seq, Timestamp};
use projector_machine::Machine;

use super::decode::Note;
use super::origin::Origin;
use super::{Decoded, Progress, ReplayError, ReplayOptions, StateHashes, reads};
use crate::stopwatch::Stopwatch;
use crate::{World, panics};

/// Records handed over at once, so that the hand-over costs nothing beside the records.
const CHUNK_RECORDS: usize = 512;

/// Chunks that may be read ahead; more would only hold memory.
const CHUNKS_AHEAD: usize = 8;

/// How often a long replay tells how far it has come.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// The length of a unit of the log's clock, which cuts off what is below.
const CLOCK_GRAIN: Duration = Duration::from_millis(1);

/// The state of a fold.
pub(crate) struct Fold<M: Machine> {
    pub(crate) world: World<M>,
    pub(crate) verifier: ChainVerifier,
    pub(super) records: u64,
    pub(super) record_bytes: u64,
    pub(super) hashes_checked: u64,
    pub(super) skipped: Vec<(Seq, Seq)>,
    hashes: StateHashes,
    head: Seq,
    latest: Timestamp,
}

/// A decoded record on its way from the reading thread.
struct Step<M: Machine> {
    decoded: Decoded<M>,
    kind: RecordKind,
    size_bytes: usize,
}

impl<M: Machine> Fold<M> {
    pub(crate) fn new(origin: Origin<M>, hashes: StateHashes, head: Seq) -> Self {
        Self {
            latest: origin.world.at,
            world: origin.world,
            verifier: origin.verifier,
            records: 0,
            record_bytes: 0,
            hashes_checked: 0,
            skipped: Vec::new(),
            hashes,
            head,
        }
    }

    /// Returns the latest time in the log.
    ///
    /// Records that carry no time of their own have the clock's, which is cut to milliseconds.
    pub(super) fn last(&self) -> Timestamp {
        let clock = self.verifier.tail().hlc;
        if clock.get() == 0 {
            return self.latest;
        }
        self.latest.max(clock.wall().saturating_add(CLOCK_GRAIN))
    }

    /// Folds what is after the beginning, up to the head.
    pub(crate) fn run(
        &mut self,
        reader: &dyn JournalReader,
        options: &ReplayOptions,
    ) -> Result<(), ReplayError> {
        if self.world.seq >= self.head {
            return Ok(());
        }
        let source = Source { reader, verifier: self.verifier, head: self.head };
        thread::scope(|scope| {
            let (sender, receiver) = sync_channel(CHUNKS_AHEAD);
            let (spent, spent_receiver) = sync_channel(CHUNKS_AHEAD);
            let reading = thread::Builder::new()
                .name("replay".to_owned())
                .spawn_scoped(scope, move || source.read_all(&sender, &spent_receiver))
                .map_err(|error| ReplayError::Thread { reason: error.to_string() })?;
            let folded = self.fold_all(receiver, &spent, options);
            let read = reading.join().unwrap_or_else(|panic| {
                Err(ReplayError::Thread { reason: panics::message_of(&*panic) })
            });
            // What was read comes before what was not, so a fault of the fold is the earlier one.
            folded?;
            self.verifier = read?;
            Ok(())
        })
    }

    fn fold_all(
        &mut self,
        chunks: Receiver<Vec<Step<M>>>,
        spent: &SyncSender<Vec<Step<M>>>,
        options: &ReplayOptions,
    ) -> Result<(), ReplayError> {
        let watch = Stopwatch::start();
        let mut told = Duration::ZERO;
        for chunk in chunks {
            for step in &chunk {
                self.step(step, options)?;
            }
            // The other thread has more time for freeing. Where it has not, it is done here.
            drop(spent.try_send(chunk));
            let elapsed = watch.elapsed();
            if let Some(on_progress) = options.on_progress.as_ref()
                && elapsed >= told + PROGRESS_EVERY
            {
                told = elapsed;
                on_progress(Progress { seq: self.world.seq, head: self.head, elapsed });
            }
        }
        Ok(())
    }

    fn step(&mut self, step: &Step<M>, options: &ReplayOptions) -> Result<(), ReplayError> {
        let Decoded { stamp, events, note } = &step.decoded;
        let state = &mut self.world.state;
        let applied = catch_unwind(AssertUnwindSafe(|| {
            if journal_log::planted!("replay-skips-one") && self.records == 0 && stamp.seq.get() > 1
            {
                return;
            }
            for event in events {
                M::apply(state, event, *stamp);
                if journal_log::planted!("replay-applies-twice") {
                    M::apply(state, event, *stamp);
                }
            }
        }));
        if let Err(panic) = applied {
            let message = panics::message_of(&*panic);
            return Err(ReplayError::Poison { seq: stamp.seq, kind: step.kind, message });
        }
        match note {
            Note::Barrier { needed } => check_barrier(stamp.seq, needed, &options.binary)?,
            Note::Skip { first, last } if *last == stamp.seq => self.skipped.push((*first, *last)),
            Note::Skip { .. } | Note::Hash { .. } | Note::None => {}
        }
        self.world.seq = stamp.seq;
        self.latest = self.latest.max(stamp.at);
        self.world.at = self.latest;
        self.records += 1;
        self.record_bytes += step.size_bytes as u64;
        self.check_hash()
    }

    fn check_hash(&mut self) -> Result<(), ReplayError> {
        let seq = self.world.seq;
        let Some(expected) = self.hashes.remove(seq) else { return Ok(()) };
        let found = M::state_hash(&self.world.state);
        if found != expected {
            return Err(ReplayError::StateHash { seq, expected, found });
        }
        self.hashes_checked += 1;
        Ok(())
    }
}

/// What the reading thread works on.
struct Source<'r> {
    reader: &'r dyn JournalReader,
    verifier: ChainVerifier,
    head: Seq,
}

impl Source<'_> {
    /// Hands over every record after the verifier's tail; returns the chain after the last.
    ///
    /// It ends early where nobody takes them any more.
    fn read_all<M: Machine>(
        mut self,
        sender: &SyncSender<Vec<Step<M>>>,
        spent: &Receiver<Vec<Step<M>>>,
    ) -> Result<ChainVerifier, ReplayError> {
        let mut records = self.reader.read(self.verifier.tail().seq.next())?;
        loop {
            let mut steps = spent.try_recv().unwrap_or_default();
            steps.clear();
            let read = self.read_chunk(&mut records, &mut steps);
            let is_end = steps.len() < CHUNK_RECORDS;
            let is_taken = sender.send(steps).is_ok();
            read?;
            if is_end || !is_taken {
                return Ok(self.verifier);
            }
        }
    }

    fn read_chunk<M: Machine>(
        &mut self,
        records: &mut dyn Iterator<Item = Result<journal_log::Record, journal_log::ReadError>>,
        steps: &mut Vec<Step<M>>,
    ) -> Result<(), ReplayError> {
        while steps.len() < CHUNK_RECORDS && self.verifier.tail().seq < self.head {
            let Some(record) = records.next() else { break };
            let record = record?;
            self.verifier.check(&record)?;
            steps.push(Step {
                decoded: Decoded::of(&record)?,
                kind: record.header.kind,
                size_bytes: record.encoded_bytes(),
            });
        }
        Ok(())
    }
}

fn check_barrier(seq: Seq, needed: &str, binary: &str) -> Result<(), ReplayError> {
    if reads(needed, binary) {
        return Ok(());
    }
    Err(ReplayError::Barrier { seq, needed: needed.to_owned(), binary: binary.to_owned() })
}
