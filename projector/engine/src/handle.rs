//! The way to the engine for everybody else.

use std::fmt;
use std::sync::Arc;

use journal_log::{Body, Draft, JournalReader, RequestId, Seq, SnapshotStore, Timestamp};
use projector_machine::{Machine, Stamp};
use tokio::sync::{oneshot, watch};

use crate::inbox::{Lane, Note, Pending};
use crate::replay::Origin;
use crate::shared::Shared;
use crate::{
    Check, Committed, Feed, MetricsReport, PastError, Point, ReplayError, Submission, SubmitError,
    World,
};

/// Submits commands, reads the state, waits for it, follows the log. Cheap to clone.
///
/// The engine ends when its last handle is dropped.
pub struct Handle<M: Machine> {
    shared: Arc<Shared<M>>,
    _keeper: Arc<Keeper<M>>,
}

/// Ends the engine when the last handle is gone.
struct Keeper<M: Machine> {
    shared: Arc<Shared<M>>,
    /// Kept where there is no engine that would have it.
    _head: Option<watch::Sender<Seq>>,
}

impl<M: Machine> Handle<M> {
    pub(crate) fn new(shared: Arc<Shared<M>>) -> Self {
        let keeper = Keeper { shared: Arc::clone(&shared), _head: None };
        Self { _keeper: Arc::new(keeper), shared }
    }

    /// Makes a handle of a world that stays as it is.
    pub(crate) fn without_engine(shared: Arc<Shared<M>>, head: watch::Sender<Seq>) -> Self {
        let keeper = Keeper { shared: Arc::clone(&shared), _head: Some(head) };
        Self { _keeper: Arc::new(keeper), shared }
    }

    /// Has a command decided, journaled and applied; the answer comes when its record is durable.
    ///
    /// Where the queue is full it waits for room, as long as the options say. A submission whose future is
    /// dropped after it was queued is carried out all the same.
    pub async fn submit(
        &self,
        submission: Submission<M::Command>,
    ) -> Result<Committed<M>, SubmitError<M::Refusal>> {
        self.submit_checked(submission, None).await
    }

    /// Does the same with what is asked first; its refusal is a record as the machine's are.
    pub async fn submit_checked(
        &self,
        submission: Submission<M::Command>,
        check: Option<Check<M>>,
    ) -> Result<Committed<M>, SubmitError<M::Refusal>> {
        let (answer, answered) = oneshot::channel();
        // Before the sequencer hears of it.
        let pending = Pending { check, ..Pending::of(submission, Some(answer))? };
        let queued = self.shared.inbox.submit(pending, self.shared.submit_wait).await;
        if let Err(error) = queued {
            if matches!(error, SubmitError::Overloaded { .. }) {
                self.shared.metrics.overloads.add(1);
            }
            return Err(error);
        }
        answered.await.unwrap_or(Err(SubmitError::Stopped))
    }

    /// Has a record journaled that no command makes and that changes no state, such as a seal; the answer comes when
    /// it is durable.
    pub async fn note(
        &self,
        request: RequestId,
        body: &Body,
    ) -> Result<Stamp, SubmitError<M::Refusal>> {
        let (answer, answered) = oneshot::channel();
        let note = Note { draft: Draft::new(request, body)?, since: body.since(), answer };
        self.shared.inbox.note(note)?;
        let committed = answered.await.unwrap_or(Err(SubmitError::Stopped))?;
        Ok(committed.stamp)
    }

    /// Returns the newest durable state. It takes no lock.
    pub fn snapshot(&self) -> Arc<World<M>> {
        self.shared.world.load_full()
    }

    /// Returns a world from before `at`, as near to it as one is at hand: the present one, one that a snapshot has
    /// kept, or the one before the first record. A feed from there has everything since `at`.
    ///
    /// Where the log was trimmed after `at`, it is refused with [`ReplayError::Trimmed`].
    pub async fn world_before(&self, at: Timestamp) -> Result<World<M>, ReplayError> {
        let present = self.snapshot();
        if present.at < at {
            return Ok(World::clone(&present));
        }
        let shared = Arc::clone(&self.shared);
        let search = move || Origin::before(&*shared.reader, &*shared.snapshots, at);
        tokio::task::spawn_blocking(search)
            .await
            .unwrap_or_else(|panic| Err(ReplayError::Thread { reason: panic.to_string() }))
    }

    /// Returns the reader and the snapshots, for maintenance.
    pub(crate) fn stores(&self) -> (&dyn JournalReader, &dyn SnapshotStore) {
        (&*self.shared.reader, &*self.shared.snapshots)
    }

    /// Returns the world at a point of the past. A time that is not past yet gives the present.
    ///
    /// The fold runs on tokio's blocking threads, and few at once; a fold that was begun is finished and kept also
    /// where nobody waits for it any more.
    pub async fn world_at(&self, point: Point) -> Result<Arc<World<M>>, PastError> {
        let present = self.snapshot();
        let at_hand = match point {
            Point::Record(seq) if seq == present.seq => Some(Arc::clone(&present)),
            Point::Record(seq) => self.shared.past.kept(seq),
            Point::Time(at) => (present.at <= at).then(|| Arc::clone(&present)),
        };
        if let Some(world) = at_hand {
            return Ok(world);
        }
        let folds = Arc::clone(&self.shared.past_folds).acquire_owned().await;
        let (past, head) = (Arc::clone(&self.shared.past), present.seq);
        let fold = move || {
            let _folds = folds;
            past.world_at(point, head)
        };
        tokio::task::spawn_blocking(fold).await.unwrap_or(Err(PastError::Panicked))
    }

    /// Waits until `look` finds what it looks for.
    ///
    /// It is called at once, and again after each record with an event that touches `key`. It does not end where
    /// the engine does: whoever waits sets a deadline, or listens to [`Handle::ended`] too.
    pub async fn wait_for<T>(
        &self,
        key: M::Key,
        mut look: impl FnMut(&World<M>) -> Option<T>,
    ) -> T {
        let waiting = self.shared.waiters.register(key);
        loop {
            let touched = waiting.touched();
            if let Some(found) = look(&self.shared.world.load()) {
                return found;
            }
            touched.await;
        }
    }

    /// Follows the log from the record `from` on.
    ///
    /// [`Seq::FIRST`] gives everything; the place after a snapshot's gives what comes after it.
    pub fn feed(&self, from: Seq) -> Feed<M> {
        Feed::new(Arc::clone(&self.shared), from)
    }

    /// Returns what tells of each new head of the published state; it is closed when the engine has ended.
    pub fn changed(&self) -> watch::Receiver<Seq> {
        self.shared.head.clone()
    }

    /// Returns a reader of the journal, for what is not in the state.
    pub fn reader(&self) -> Arc<dyn JournalReader> {
        Arc::clone(&self.shared.reader)
    }

    /// Returns what the engine has counted since its start.
    pub fn metrics(&self) -> MetricsReport {
        let (metrics, inbox) = (&self.shared.metrics, &self.shared.inbox);
        MetricsReport {
            records: metrics.records.get(),
            record_bytes: metrics.record_bytes.get(),
            refusals: metrics.refusals.get(),
            panics: metrics.panics.get(),
            overloads: metrics.overloads.get(),
            timers: metrics.timers.get(),
            snapshots_saved: metrics.snapshots_saved.get(),
            snapshots_failed: metrics.snapshots_failed.get(),
            feed_resyncs: metrics.feed_resyncs.get(),
            queued_commands: inbox.depth(Lane::Client) as u64,
            queued_observations: inbox.depth(Lane::Priority) as u64,
            waited_keys: self.shared.waiters.len() as u64,
            batch_records: metrics.batch_records.report(),
            append_micros: metrics.append_micros.report(),
            snapshot_micros: metrics.snapshot_micros.report(),
        }
    }

    /// Ends the engine: the group in work is finished, what is queued is given up.
    ///
    /// There is nothing to clean up; a process that is killed comes back as well.
    pub fn stop(&self) {
        self.shared.inbox.close();
    }

    /// Waits until the engine has ended and has given up its journal. A reader of it lives as long as a handle.
    pub async fn ended(&self) {
        let mut head = self.shared.head.clone();
        while head.changed().await.is_ok() {}
    }
}

impl<M: Machine> Drop for Keeper<M> {
    fn drop(&mut self) {
        self.shared.inbox.close();
    }
}

impl<M: Machine> Clone for Handle<M> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), _keeper: Arc::clone(&self._keeper) }
    }
}

impl<M: Machine> fmt::Debug for Handle<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("world", &self.shared.world.load()).finish_non_exhaustive()
    }
}
