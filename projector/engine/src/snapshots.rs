//! When a snapshot is made, and its making beside the loop.
//!
//! A state is immutable, so a thread of its own serialises it while the sequencer goes on. Only when the
//! snapshot is durable and was read back, a record names it. A snapshot that fails costs a longer replay.

pub(crate) mod form;
mod policy;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use journal_log::{
    RecordHash, SnapshotError, SnapshotManifest, SnapshotRefBodyV1, SnapshotStore, Timestamp,
};
use projector_machine::Machine;

pub use self::policy::SnapshotPolicy;
use crate::inbox::SnapshotEnd;
use crate::shared::Shared;
use crate::stopwatch::Stopwatch;
use crate::{World, panics};

/// The sequencer's side: what has come since the last snapshot, and the one in work.
pub(crate) struct Snapshots<M: Machine> {
    shared: Arc<Shared<M>>,
    store: Arc<dyn SnapshotStore>,
    policy: SnapshotPolicy,
    binary: String,
    records: u64,
    size_bytes: u64,
    last: Timestamp,
    in_work: Option<thread::JoinHandle<()>>,
}

/// Why a snapshot was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MakeError {
    #[error("the state cannot be written")]
    Form(#[from] form::FormError),
    #[error("the store failed")]
    Store(#[from] SnapshotError),
    #[error("what was read back is not what was written")]
    ReadBack,
    #[error("the machine panicked: {message}")]
    Panicked { message: String },
}

impl<M: Machine> Snapshots<M> {
    /// Begins after a start that folded `records` of `size_bytes` in all, for these are not in a snapshot yet.
    pub(crate) fn new(
        shared: Arc<Shared<M>>,
        store: Arc<dyn SnapshotStore>,
        policy: SnapshotPolicy,
        binary: String,
        (records, size_bytes): (u64, u64),
    ) -> Self {
        let last = shared.world.load().at;
        Self { shared, store, policy, binary, records, size_bytes, last, in_work: None }
    }

    /// Counts a group that was published.
    pub(crate) fn count(&mut self, records: usize, size_bytes: usize) {
        self.records += records as u64;
        self.size_bytes += size_bytes as u64;
    }

    /// Begins a snapshot of `world`, whose last record has `hash`, where one is due and none is in work.
    pub(crate) fn consider(&mut self, world: &Arc<World<M>>, hash: RecordHash) {
        let waited = world.at.saturating_since(self.last);
        if self.in_work.is_some() || !self.policy.is_due(self.records, self.size_bytes, waited) {
            return;
        }
        // Counted from the beginning of the attempt: one that fails is not tried again at once.
        (self.records, self.size_bytes, self.last) = (0, 0, world.at);
        let job = Job {
            store: Arc::clone(&self.store),
            shared: Arc::clone(&self.shared),
            world: Arc::clone(world),
            policy: self.policy.clone(),
            binary: self.binary.clone(),
            hash,
        };
        match thread::Builder::new().name("snapshot".to_owned()).spawn(move || job.run()) {
            Ok(thread) => self.in_work = Some(thread),
            Err(error) => {
                self.shared.metrics.snapshots_failed.add(1);
                tracing::warn!(%error, "no thread for a snapshot");
            }
        }
    }

    /// Notes that the snapshot in work has ended.
    pub(crate) fn end(&mut self) {
        if let Some(thread) = self.in_work.take() {
            // It has sent its end as its last act, and catches panics.
            let _ = thread.join();
        }
    }
}

/// One snapshot in the making.
struct Job<M: Machine> {
    store: Arc<dyn SnapshotStore>,
    shared: Arc<Shared<M>>,
    world: Arc<World<M>>,
    policy: SnapshotPolicy,
    binary: String,
    hash: RecordHash,
}

impl<M: Machine> Job<M> {
    fn run(self) {
        let watch = Stopwatch::start();
        let made = catch_unwind(AssertUnwindSafe(|| self.make())).unwrap_or_else(|panic| {
            Err(MakeError::Panicked { message: panics::message_of(&*panic) })
        });
        let metrics = &self.shared.metrics;
        metrics.snapshot_micros.record_micros(watch.elapsed());
        let seq = self.world.seq;
        let end = match made {
            Ok(made) => {
                metrics.snapshots_saved.add(1);
                tracing::info!(%seq, size_bytes = made.size_bytes, "a snapshot is made");
                SnapshotEnd::Saved(made)
            }
            Err(error) => {
                metrics.snapshots_failed.add(1);
                let error: &dyn std::error::Error = &error;
                tracing::warn!(%seq, error, "a snapshot has failed");
                SnapshotEnd::Failed
            }
        };
        self.shared.inbox.end_snapshot(end);
    }

    fn make(&self) -> Result<SnapshotRefBodyV1, MakeError> {
        make_snapshot(&*self.store, &self.world, self.hash, &self.policy, &self.binary)
    }
}

/// Saves a snapshot of `world`, whose last record has `hash`, reads it back, and drops what `policy` does not keep.
pub(crate) fn make_snapshot<M: Machine>(
    store: &dyn SnapshotStore,
    world: &World<M>,
    hash: RecordHash,
    policy: &SnapshotPolicy,
    binary: &str,
) -> Result<SnapshotRefBodyV1, MakeError> {
    let manifest = write_snapshot(store, world, hash, binary)?;
    for surplus in policy.surplus(&store.manifests()?) {
        store.remove(surplus)?;
    }
    Ok(SnapshotRefBodyV1 {
        seq: manifest.seq,
        record_hash: manifest.record_hash,
        state_hash: manifest.state_hash,
        schema: manifest.schema,
        size_bytes: manifest.size_bytes,
    })
}

/// Saves a snapshot of `world`, whose last record has `hash`, and reads it back.
pub(crate) fn write_snapshot<M: Machine>(
    store: &dyn SnapshotStore,
    world: &World<M>,
    hash: RecordHash,
    binary: &str,
) -> Result<SnapshotManifest, MakeError> {
    let state = form::write(&world.state)?;
    let manifest = SnapshotManifest {
        seq: journal_log::planted!("snapshot-one-ahead", world.seq, world.seq.next()),
        record_hash: hash,
        state_hash: M::state_hash(&world.state),
        schema: M::SCHEMA,
        binary: binary.to_owned(),
        size_bytes: state.len() as u64,
    };
    store.save(&manifest, &state)?;
    drop(state);
    let read: M::State = form::read(&store.load(&manifest)?)?;
    if M::state_hash(&read) != manifest.state_hash
        && !journal_log::planted!("snapshot-not-read-back")
    {
        store.remove(&manifest)?;
        return Err(MakeError::ReadBack);
    }
    Ok(manifest)
}
