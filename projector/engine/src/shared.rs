//! What the sequencer and all handles share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use journal_log::{JournalReader, Seq, SnapshotStore};
use projector_machine::Machine;
use tokio::sync::{Semaphore, watch};

use crate::feed::Ring;
use crate::inbox::Inbox;
use crate::metrics::Metrics;
use crate::past::PAST_FOLDS_MAX;
use crate::waiters::Waiters;
use crate::{Past, World};

/// What the sequencer and all handles share.
pub(crate) struct Shared<M: Machine> {
    pub(crate) inbox: Inbox<M>,
    /// The newest durable state.
    pub(crate) world: ArcSwap<World<M>>,
    /// The newest record that is in `world`; its sender is the sequencer, and is gone when that has ended.
    pub(crate) head: watch::Receiver<Seq>,
    pub(crate) waiters: Waiters<M::Key>,
    pub(crate) reader: Arc<dyn JournalReader>,
    pub(crate) snapshots: Arc<dyn SnapshotStore>,
    pub(crate) past: Arc<Past<M>>,
    /// Bounds the folds to points of the past.
    pub(crate) past_folds: Arc<Semaphore>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) submit_wait: Duration,
    ring: Mutex<Ring<M>>,
}

impl<M: Machine> Shared<M> {
    pub(crate) fn new(
        world: Arc<World<M>>,
        head: watch::Receiver<Seq>,
        reader: Arc<dyn JournalReader>,
        snapshots: Arc<dyn SnapshotStore>,
        past: Past<M>,
        metrics: Arc<Metrics>,
        submit_wait: Duration,
    ) -> Self {
        Self {
            inbox: Inbox::new(),
            head,
            waiters: Waiters::new(),
            reader,
            snapshots,
            past: Arc::new(past),
            past_folds: Arc::new(Semaphore::new(PAST_FOLDS_MAX)),
            metrics,
            submit_wait,
            ring: Mutex::new(Ring::new(world.seq)),
            world: ArcSwap::new(world),
        }
    }

    pub(crate) fn ring(&self) -> MutexGuard<'_, Ring<M>> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
