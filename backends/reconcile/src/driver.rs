//! The task that does the steps.

mod lists;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use backends_core::{Backend, EffectError, Follower, Observation, ObservationReceiver, StoreMark};
use futures_util::future::join_all;
use journal_domain::{
    ContainerCommand, ContainerId, ExecId, KeyId, ObserveRemoved, ObserveRemovedWith,
};
use journal_keys::KeyStore;
use projector_containers::{Containers, ExecPhase, Key, Phase};
use projector_engine::Handle;
use tokio::{task::JoinSet, time::Instant};

use self::lists::{List, Lists};
use crate::{
    Done, Limits, Progress, Step, StepKey, delay,
    names::StateNames,
    outcome::STILL_IN_USE,
    plan,
    record::{Recorder, Stopped, command},
    secrets::{Prepared, prepare},
    settle,
};

/// Reports that are put on record together.
///
/// They share one group commit; more than 30 futures joined at once are no longer polled in their order, and
/// an end must not overtake its start.
const REPORTS_MAX: usize = 30;

/// The longest wait before the state is looked at again, whatever was told of it.
///
/// A look costs next to nothing where there is nothing to do, and bounds what a wake-up that got lost can cost.
const IDLE_MAX: Duration = Duration::from_secs(60);

/// Makes one backend follow the state.
pub struct Reconciler {
    recorder: Recorder,
    backend: Arc<dyn Backend>,
    keys: KeyStore,
    observations: ObservationReceiver,
    limits: Limits,
    metrics: Arc<ReconcilerMetrics>,
    follower: Option<Arc<dyn Follower>>,
}

/// Counters of a reconciler.
#[derive(Debug, Default)]
pub struct ReconcilerMetrics {
    steps: AtomicU64,
    failures: AtomicU64,
    under_way: AtomicU64,
}

type Outcome = (StepKey, Result<(), StepFailure>);

enum StepFailure {
    Effect(String),
    Stopped,
}

// === impl Reconciler ===

impl Reconciler {
    /// Makes the task for `backend`, whose reports come through `observations`; `keys` open what is sealed.
    pub fn new(
        handle: Handle<Containers>,
        backend: Arc<dyn Backend>,
        keys: KeyStore,
        observations: ObservationReceiver,
        limits: Limits,
    ) -> Self {
        backend.use_names(Arc::new(StateNames(handle.clone())));
        let recorder = Recorder::new(handle, backend.info().name);
        let (metrics, follower) = (Arc::default(), None);
        Self { recorder, backend, keys, observations, limits, metrics, follower }
    }

    /// Tells `follower` of each run before it begins.
    #[must_use]
    pub fn with_follower(self, follower: Arc<dyn Follower>) -> Self {
        Self { follower: Some(follower), ..self }
    }

    /// Gives the counters.
    pub fn metrics(&self) -> Arc<ReconcilerMetrics> {
        Arc::clone(&self.metrics)
    }

    /// Adopts what still runs, then follows the state until the engine stops.
    ///
    /// `adopted` is called once everything that ran before is on record as it is now.
    pub async fn run(mut self, adopted: impl FnOnce()) {
        let mut lists = Lists::new(&self.recorder, &self.backend);
        let mut progress = Progress::default();
        let mut steps: JoinSet<Outcome> = JoinSet::new();
        let first = lists.first(&self.limits).await;
        if self.sweep(&mut lists, first, &mut progress, &mut steps).await.is_err() {
            return;
        }
        adopted();
        let mut changed = self.recorder.handle().changed();
        let mut reports = Vec::with_capacity(REPORTS_MAX);
        loop {
            self.begin_steps(&mut progress, &mut steps);
            let idle = Instant::now() + IDLE_MAX;
            let next_try = progress.next_try(Instant::now()).map_or(idle, |next| next.min(idle));
            let going_on = tokio::select! {
                count = self.observations.recv_many(&mut reports, REPORTS_MAX) => {
                    count > 0 && self.record(&mut reports).await.is_ok()
                }
                change = changed.changed(), if !journal_log::planted!("wake-up-lost") => change.is_ok(),
                Some(outcome) = steps.join_next() => {
                    self.end_step(&mut progress, outcome).await.is_ok()
                }
                list = lists.next() => {
                    self.sweep(&mut lists, list, &mut progress, &mut steps).await.is_ok()
                }
                () = tokio::time::sleep_until(next_try) => true,
            };
            if !going_on {
                return;
            }
        }
    }

    /// Puts on record what a list shows and nobody reported, and has what nobody wants go.
    async fn sweep(
        &self,
        lists: &mut Lists,
        list: List,
        progress: &mut Progress,
        steps: &mut JoinSet<Outcome>,
    ) -> Result<(), Stopped> {
        let world = self.recorder.handle().snapshot();
        let swept = lists.sweep(&list, &world.state, progress);
        for report in swept.reports {
            self.recorder.submit(command(report)).await?;
        }
        for run in swept.strangers {
            tracing::error!(%run, "a run is here that the log does not know; it is left alone");
        }
        for stray in swept.strays {
            let key = StepKey::Container(stray.container);
            progress.begin(key);
            let backend = Arc::clone(&self.backend);
            steps.spawn(async move {
                lists::remove(&*backend, stray).await;
                (key, Ok(()))
            });
        }
        Ok(())
    }

    fn begin_steps(&self, progress: &mut Progress, steps: &mut JoinSet<Outcome>) {
        // From before the look at the state: what a transfer uses after it is not what the state knows.
        let mark = self.backend.mark();
        let world = self.recorder.handle().snapshot();
        progress.forget_settled(&world.state);
        for step in plan(&world.state, progress, Instant::now(), &self.limits) {
            let key = step.key();
            progress.begin(key);
            self.metrics.steps.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(?key, "step begins");
            let (recorder, backend) = (self.recorder.clone(), Arc::clone(&self.backend));
            match prepare(&self.keys, &world.state, step) {
                Prepared::Ready(step) => {
                    if let (Step::Start(workload), Some(follower)) = (&step, &self.follower) {
                        follower.begins(workload);
                    }
                    steps.spawn(async move { (key, take(&recorder, &*backend, step, mark).await) });
                }
                Prepared::Removal(id, doomed) => {
                    let keys = self.keys.clone();
                    steps.spawn(async move {
                        (key, remove(&recorder, &*backend, &keys, id, doomed).await)
                    });
                }
                Prepared::Closed(command) => {
                    steps.spawn(async move {
                        (key, recorder.submit(command).await.map_err(StepFailure::from))
                    });
                }
            }
        }
        self.metrics.under_way.store(steps.len() as u64, Ordering::Relaxed);
    }

    async fn end_step(
        &self,
        progress: &mut Progress,
        outcome: Result<Outcome, tokio::task::JoinError>,
    ) -> Result<(), Stopped> {
        // A step that panics is a bug that must be seen, not one that is tried again for ever.
        let (key, result) = outcome.expect("steps do not panic");
        match result {
            Ok(()) => progress.succeed(key),
            Err(StepFailure::Stopped) => return Err(Stopped),
            Err(StepFailure::Effect(error)) => {
                let failed = progress.fail(key, &error, Instant::now(), &self.limits);
                if error == STILL_IN_USE {
                    tracing::debug!(?key, failed.tries, "layers that nothing refers to are in use");
                    return Ok(());
                }
                self.metrics.failures.fetch_add(1, Ordering::Relaxed);
                if failed.is_news {
                    tracing::warn!(?key, error, "a step failed and will be tried again");
                } else {
                    // The reason is in the log already; what changes is how often.
                    tracing::info!(?key, failed.tries, error, "a step failed again");
                }
                if failed.is_news
                    && let Some(delay) = delay(&self.recorder.handle().snapshot().state, key, error)
                {
                    self.recorder.submit(delay).await?;
                }
            }
        }
        Ok(())
    }

    async fn record(&self, reports: &mut Vec<Observation>) -> Result<(), Stopped> {
        let submissions = reports.drain(..).map(|report| self.recorder.submit(command(report)));
        join_all(submissions).await.into_iter().collect()
    }
}

/// Takes one step and puts its outcome on record.
async fn take(
    recorder: &Recorder,
    backend: &dyn Backend,
    step: Step,
    mark: StoreMark,
) -> Result<(), StepFailure> {
    let done = match &step {
        Step::Start(workload) => backend.start(workload).await,
        Step::Signal { run, number, signal } => backend.signal(*run, *number, *signal).await,
        Step::Resize { run, size } => backend.resize(*run, *size).await,
        Step::Freeze { run, frozen } => backend.freeze(*run, *frozen).await,
        Step::Remove(id) => backend.remove(*id).await,
        Step::StartExec(workload) => backend.start_exec(workload).await,
        Step::Update { run, limits } => backend.update(*run, limits).await,
        Step::Probe { exec, timeout, .. } => {
            let told = backend.probe(exec, *timeout).await;
            return record(recorder, &step, told.map(Done::Probed)).await;
        }
        Step::ResizeExec { run, exec, size } => backend.resize_exec(*run, *exec, *size).await,
        Step::MakeVolume(work) => backend.make_volume(work).await,
        Step::RemoveVolume(name) => backend.remove_volume(name).await,
        Step::MakeNetwork(network) => backend.make_network(network).await,
        Step::RemoveNetwork(network) => backend.remove_network(network).await,
        Step::Wire(work) => backend.wire(work).await,
        Step::DropUnreferenced(digests) => {
            let dropped = backend.drop_unreferenced(digests, mark).await;
            return record(recorder, &step, dropped.map(Done::Dropped)).await;
        }
    };
    let started = done.is_ok();
    record(recorder, &step, done.map(|()| Done::Did)).await?;
    match &step {
        Step::Start(workload) if started => {
            self::started(recorder, workload.run.container, workload.run.incarnation).await;
        }
        Step::StartExec(workload) if started => exec_started(recorder, workload.exec).await,
        Step::Start(_)
        | Step::StartExec(_)
        | Step::Signal { .. }
        | Step::Resize { .. }
        | Step::Freeze { .. }
        | Step::Probe { .. }
        | Step::Update { .. }
        | Step::Remove(_)
        | Step::ResizeExec { .. }
        | Step::MakeVolume(_)
        | Step::RemoveVolume(_)
        | Step::MakeNetwork(_)
        | Step::RemoveNetwork(_)
        | Step::Wire(_)
        | Step::DropUnreferenced(_) => {}
    }
    Ok(())
}

/// Removes what is left of a container, and the keys of its sealed values before it is gone from the state.
async fn remove(
    recorder: &Recorder,
    backend: &dyn Backend,
    keys: &KeyStore,
    id: ContainerId,
    doomed: Vec<KeyId>,
) -> Result<(), StepFailure> {
    match backend.remove(id).await {
        Ok(()) | Err(EffectError::Gone) => {}
        Err(error) => return Err(StepFailure::Effect(error.to_string())),
    }
    let (keys, destroyed) = (keys.clone(), doomed.clone());
    let done = tokio::task::spawn_blocking(move || keys.destroy(&doomed)).await;
    let done = done.expect("destroying keys does not panic");
    done.map_err(|error| StepFailure::Effect(error.to_string()))?;
    let report = ObserveRemovedWith { removed: ObserveRemoved { id }, destroyed };
    Ok(recorder.submit(ContainerCommand::from(report)).await?)
}

async fn record(
    recorder: &Recorder,
    step: &Step,
    done: Result<Done, EffectError>,
) -> Result<(), StepFailure> {
    match settle(step, done) {
        Ok(Some(command)) => Ok(recorder.submit(command).await?),
        Ok(None) => Ok(()),
        Err(reason) => Err(StepFailure::Effect(reason)),
    }
}

/// Waits until a start's outcome is on record, so that the start is not planned again meanwhile.
async fn started(recorder: &Recorder, id: ContainerId, incarnation: u32) {
    let settled = |world: &projector_engine::World<Containers>| {
        let container = world.state.container(&id);
        let starting = container.is_some_and(|container| {
            container.incarnation == incarnation && matches!(container.phase, Phase::Starting(_))
        });
        (!starting).then_some(())
    };
    recorder.handle().wait_for(Key::Container(id), settled).await;
}

/// Waits until the outcome of an exec's start is on record.
async fn exec_started(recorder: &Recorder, id: ExecId) {
    let settled = |world: &projector_engine::World<Containers>| {
        let exec = world.state.exec(&id);
        let starting = exec.is_some_and(|exec| matches!(exec.phase, ExecPhase::Starting { .. }));
        (!starting).then_some(())
    };
    recorder.handle().wait_for(Key::Exec(id), settled).await;
}

// === impl ReconcilerMetrics ===

impl ReconcilerMetrics {
    /// Gives how many steps were begun.
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// Gives how many steps failed.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Gives how many steps are under way.
    pub fn under_way(&self) -> u64 {
        self.under_way.load(Ordering::Relaxed)
    }
}

// === impl StepFailure ===

impl From<Stopped> for StepFailure {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

#[cfg(test)]
mod tests;
