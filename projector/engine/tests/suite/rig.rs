//! An engine of counters with everything around it in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use journal_log::{
    Actor, Body, Chain, Draft, Journal, MemoryJournal, MemorySnapshots, MemoryStore, Record,
    RequestId, Seq, Timestamp, conformance,
};
use projector_engine::{
    Committed, Engine, EngineOptions, FatalError, Handle, ManualClock, ReplayReport,
    SnapshotPolicy, StartError, Submission, SubmitError,
};
use projector_machine::Machine;
use projector_machine::testkit::{CounterCommand, CounterRefusal, Counters};
use tokio::sync::oneshot;

use crate::journals::{Gate, GatedJournal};

/// When the tests take place.
pub(crate) const NOW: Timestamp = Timestamp::from_unix_nanos(1_700_000_000_000_000_000);

/// What outlives an engine.
#[derive(Clone)]
pub(crate) struct Rig {
    pub(crate) store: MemoryStore,
    pub(crate) snapshots: MemorySnapshots,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) options: EngineOptions,
}

/// An engine at work.
pub(crate) struct Running {
    pub(crate) handle: Handle<Counters>,
    pub(crate) report: ReplayReport,
    pub(crate) fatal: oneshot::Receiver<FatalError>,
}

pub(crate) type Answer = Result<Committed<Counters>, SubmitError<CounterRefusal>>;

impl Rig {
    pub(crate) fn new() -> Self {
        Self {
            store: MemoryStore::default(),
            snapshots: MemorySnapshots::default(),
            clock: Arc::new(ManualClock::new(NOW)),
            options: EngineOptions {
                snapshots: SnapshotPolicy { every_records: u64::MAX, ..SnapshotPolicy::default() },
                verify_state: true,
                ..EngineOptions::default()
            },
        }
    }

    pub(crate) fn with_snapshots_every(mut self, records: u64) -> Self {
        self.options.snapshots.every_records = records;
        self
    }

    pub(crate) fn start(&self) -> Running {
        self.try_start().expect("a log that can be replayed")
    }

    pub(crate) fn try_start(&self) -> Result<Running, StartError> {
        self.start_on(MemoryJournal::open(&self.store))
    }

    /// Starts with a gate before the journal, which is shut after the start.
    pub(crate) fn start_gated(&self) -> (Running, Gate) {
        self.start_at_gate(false)
    }

    /// Starts with a gate behind the journal, which is shut after the start.
    pub(crate) fn start_gated_behind(&self) -> (Running, Gate) {
        self.start_at_gate(true)
    }

    fn start_at_gate(&self, is_behind: bool) -> (Running, Gate) {
        let gate = Gate::default();
        let inner = MemoryJournal::open(&self.store);
        let journal = GatedJournal { inner, gate: gate.clone(), is_behind };
        let running = self.start_on(journal).unwrap();
        gate.shut();
        (running, gate)
    }

    pub(crate) fn start_on(&self, journal: impl Journal + 'static) -> Result<Running, StartError> {
        let (told, fatal) = oneshot::channel();
        let (handle, report) = Engine::start(
            journal,
            Arc::new(self.snapshots.clone()),
            Arc::<ManualClock>::clone(&self.clock),
            self.options.clone(),
            move |error| told.send(error).expect("somebody listens"),
        )?;
        Ok(Running { handle, report, fatal })
    }

    /// Appends records behind an engine's back, after an epoch record of their own.
    pub(crate) fn append(&self, drafts: Vec<Draft>) {
        let mut journal = MemoryJournal::open(&self.store);
        let mut group = vec![conformance::epoch_draft()];
        group.extend(drafts);
        let records = Chain::new(journal.tail()).group(NOW, group);
        journal.append(&records).unwrap();
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        self.store.records()
    }

    pub(crate) fn bodies(&self) -> Vec<Body> {
        self.records().iter().map(|record| Body::of(record).unwrap()).collect()
    }
}

impl Running {
    pub(crate) async fn submit(&self, command: CounterCommand) -> Answer {
        self.handle.submit(submission(command)).await
    }

    pub(crate) async fn add(&self, name: &str, by: u64) -> Seq {
        self.submit(add(name, by)).await.expect("room in the counter").stamp.seq
    }

    pub(crate) fn value(&self, name: &str) -> u64 {
        self.handle.snapshot().state.value(name)
    }

    pub(crate) fn state_hash(&self) -> [u8; 32] {
        Counters::state_hash(&self.handle.snapshot().state)
    }

    /// Ends the engine as a kill would, and waits until its journal is free.
    pub(crate) async fn kill(self) {
        self.handle.stop();
        self.handle.ended().await;
    }
}

pub(crate) fn submission(command: CounterCommand) -> Submission<CounterCommand> {
    static REQUESTS: AtomicU64 = AtomicU64::new(1);
    let number = REQUESTS.fetch_add(1, Ordering::Relaxed);
    Submission {
        actor: Actor {
            principal: "uid:7".to_owned(),
            source: "unix:/run/test.sock".to_owned(),
            agent: "suite".to_owned(),
        },
        request: RequestId::from_bytes(u128::from(number).to_le_bytes()),
        cause: None,
        command,
    }
}

pub(crate) fn add(name: &str, by: u64) -> CounterCommand {
    CounterCommand::Add { name: name.to_owned(), by }
}

pub(crate) fn observe(name: &str, value: u64) -> CounterCommand {
    CounterCommand::Observe { name: name.to_owned(), value }
}

pub(crate) fn arm(name: &str, after: Duration) -> CounterCommand {
    let at = NOW.saturating_add(after);
    CounterCommand::Arm { name: name.to_owned(), at, is_jammed: false }
}

/// Awaits `condition`, looking again at each chance that other tasks and threads get.
pub(crate) async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let patience = Duration::from_secs(60);
    let until = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(patience, until).await.unwrap_or_else(|_| panic!("never: {what}"));
}
