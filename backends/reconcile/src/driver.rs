//! The task that does the steps.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use backends_core::{Backend, EffectError, Observation, ObservationReceiver, StoreMark};
use futures_util::future::join_all;
use journal_domain::{
    ContainerCommand, ContainerId, ExecCommand, ExecId, ImageCommand, ObserveExecResize,
    ObserveLayersDropped, ObserveRemoved, ObserveResize, ObserveSignal,
};
use projector_containers::{Containers, ExecPhase, Key, Phase};
use projector_engine::Handle;
use tokio::{task::JoinSet, time::Instant};

use crate::{
    Limits, Progress, Step, StepKey, adopt, plan,
    record::{Recorder, Stopped, command},
};

/// Reports that are put on record together.
///
/// They share one group commit; more than 30 futures joined at once are no longer polled in their order, and
/// an end must not overtake its start.
const REPORTS_MAX: usize = 30;

/// The longest wait for something to do when a failed step is due later.
const IDLE_MAX: Duration = Duration::from_secs(3600);

/// Makes one backend follow the state.
pub struct Reconciler {
    recorder: Recorder,
    backend: Arc<dyn Backend>,
    observations: ObservationReceiver,
    limits: Limits,
    metrics: Arc<ReconcilerMetrics>,
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
    /// Makes the task for `backend`, whose reports come through `observations`.
    pub fn new(
        handle: Handle<Containers>,
        backend: Arc<dyn Backend>,
        observations: ObservationReceiver,
        limits: Limits,
    ) -> Self {
        let recorder = Recorder::new(handle, backend.info().name);
        Self { recorder, backend, observations, limits, metrics: Arc::default() }
    }

    /// Gives the counters.
    pub fn metrics(&self) -> Arc<ReconcilerMetrics> {
        Arc::clone(&self.metrics)
    }

    /// Adopts what still runs, then follows the state until the engine stops.
    ///
    /// `adopted` is called once everything that ran before is on record as it is now.
    pub async fn run(mut self, adopted: impl FnOnce()) {
        if adopt::adopt(&self.recorder, &*self.backend, &self.limits).await.is_err() {
            return;
        }
        adopted();
        let mut changed = self.recorder.handle().changed();
        let mut progress = Progress::default();
        let mut steps: JoinSet<Outcome> = JoinSet::new();
        let mut reports = Vec::with_capacity(REPORTS_MAX);
        loop {
            self.begin_steps(&mut progress, &mut steps);
            let next_try = progress.next_try().unwrap_or_else(|| Instant::now() + IDLE_MAX);
            let going_on = tokio::select! {
                count = self.observations.recv_many(&mut reports, REPORTS_MAX) => {
                    count > 0 && self.record(&mut reports).await.is_ok()
                }
                change = changed.changed(), if !journal_log::planted!("wake-up-lost") => change.is_ok(),
                Some(outcome) = steps.join_next() => self.end_step(&mut progress, outcome),
                () = tokio::time::sleep_until(next_try) => true,
            };
            if !going_on {
                return;
            }
        }
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
            steps.spawn(async move { (key, take(&recorder, &*backend, step, mark).await) });
        }
        self.metrics.under_way.store(steps.len() as u64, Ordering::Relaxed);
    }

    fn end_step(
        &self,
        progress: &mut Progress,
        outcome: Result<Outcome, tokio::task::JoinError>,
    ) -> bool {
        // A step that panics is a bug that must be seen, not one that is tried again for ever.
        let (key, result) = outcome.expect("steps do not panic");
        match result {
            Ok(()) => progress.succeed(key),
            Err(StepFailure::Stopped) => return false,
            Err(StepFailure::Effect(error)) => {
                self.metrics.failures.fetch_add(1, Ordering::Relaxed);
                let tries = progress.fail(key, Instant::now(), &self.limits);
                tracing::warn!(?key, tries, error, "a step failed and will be tried again");
            }
        }
        true
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
    match step {
        Step::Start(workload) => {
            backend.start(&workload).await;
            started(recorder, workload.run.container, workload.run.incarnation).await;
        }
        Step::Signal { run, number, signal } => {
            let error = settle(backend.signal(run, number, signal).await)?;
            let (id, incarnation) = (run.container, run.incarnation);
            let report = ObserveSignal { id, incarnation, number, error };
            recorder.submit(ContainerCommand::from(report)).await?;
        }
        Step::Resize { run, size } => {
            let error = settle(backend.resize(run, size).await)?;
            let (id, incarnation) = (run.container, run.incarnation);
            let report = ObserveResize { id, incarnation, size, error };
            recorder.submit(ContainerCommand::from(report)).await?;
        }
        Step::Remove(id) => {
            match backend.remove(id).await {
                Ok(()) | Err(EffectError::Gone) => {}
                Err(error) => return Err(StepFailure::Effect(error.to_string())),
            }
            recorder.submit(ContainerCommand::from(ObserveRemoved { id })).await?;
        }
        Step::StartExec(workload) => {
            backend.start_exec(&workload).await;
            exec_started(recorder, workload.exec).await;
        }
        Step::ResizeExec { run, exec, size } => {
            let error = settle(backend.resize_exec(run, exec, size).await)?;
            let report = ObserveExecResize { id: exec, size, error };
            recorder.submit(ExecCommand::from(report)).await?;
        }
        Step::DropUnreferenced(digests) => {
            let dropped = backend.drop_unreferenced(&digests, mark).await;
            let diff_ids = dropped.map_err(|error| StepFailure::Effect(error.to_string()))?;
            if diff_ids.is_empty() {
                return Err(StepFailure::Effect("everything is still in use".into()));
            }
            recorder.submit(ImageCommand::from(ObserveLayersDropped { diff_ids })).await?;
        }
    }
    Ok(())
}

/// Turns the outcome of an effect into the error that goes on record; what may work later is a failure.
fn settle(outcome: Result<(), EffectError>) -> Result<String, StepFailure> {
    match outcome {
        Ok(()) => Ok(String::new()),
        Err(error @ (EffectError::Gone | EffectError::Unsupported(_))) => Ok(error.to_string()),
        Err(EffectError::Failed(error)) => Err(StepFailure::Effect(error)),
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
