//! The pure half: what should be done next.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use backends_core::{ExecWorkload, RunId, Workload};
use projector_containers::{Container, Exec, ExecPhase, Phase, State};
use tokio::time::Instant;

use crate::{Step, StepKey};

/// Bounds of what is done at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Steps under way at once.
    ///
    /// A start costs a process and some mounts, most of them spent waiting for the kernel; 64 keep two cores
    /// busy, and a burst of a thousand starts does not become a thousand processes at once.
    pub steps_max: usize,
    /// The pause after the first failure of a step; it doubles with each further one.
    pub backoff_first: Duration,
    /// The longest pause between two tries.
    pub backoff_max: Duration,
    /// Layers and configurations dropped in one step, so that it ends in good time.
    pub layers_max: usize,
}

/// What is under way, and what failed lately.
#[derive(Debug, Default)]
pub struct Progress {
    under_way: HashSet<StepKey>,
    failures: HashMap<StepKey, Failure>,
}

#[derive(Debug)]
struct Failure {
    tries: u32,
    not_before: Instant,
}

/// The steps that would bring what runs to what should run.
///
/// It is given no hint of what changed, so a change, a retry and a restart take the same path.
pub fn plan(state: &State, progress: &Progress, now: Instant, limits: &Limits) -> Vec<Step> {
    let room = limits.steps_max.saturating_sub(progress.under_way.len());
    let work = state.work();
    let containers = work.containers().filter_map(|container| container_step(state, container));
    let execs = work.execs().filter_map(|exec| exec_step(state, exec));
    let free = |step: &Step| progress.is_free(step.key(), now);
    containers.chain(execs).chain(image_step(state, limits)).filter(free).take(room).collect()
}

fn container_step(state: &State, container: &Container) -> Option<Step> {
    let run = RunId { container: container.id, incarnation: container.incarnation };
    match &container.phase {
        Phase::Starting(starting) => Some(Step::Start(Workload {
            run,
            name: container.name.to_string(),
            hostname: container.hostname(),
            spec: container.spec.clone(),
            options: container.options.clone(),
            lease: starting.lease,
            bridge: state.bridge().map(|bridge| bridge.config.clone()),
            size: container.size,
        })),
        Phase::Running(_) => match container.pending_signals.first() {
            Some(next) => Some(Step::Signal { run, number: next.number, signal: next.signal }),
            None if container.pending_resize => {
                container.size.map(|size| Step::Resize { run, size })
            }
            None => None,
        },
        Phase::Created(_) | Phase::Exited(_) => (container.removing
            && !journal_log::planted!("removal-not-planned"))
        .then_some(Step::Remove(container.id)),
    }
}

fn exec_step(state: &State, exec: &Exec) -> Option<Step> {
    let run = RunId { container: exec.container, incarnation: exec.incarnation };
    match exec.phase {
        ExecPhase::Starting { .. } => {
            let container = state.container(&exec.container)?;
            Some(Step::StartExec(ExecWorkload {
                exec: exec.id,
                run,
                spec: exec.spec.clone(),
                container: container.spec.clone(),
                hostname: container.hostname(),
                size: exec.size,
            }))
        }
        ExecPhase::Running { .. } if exec.pending_resize => {
            exec.size.map(|size| Step::ResizeExec { run, exec: exec.id, size })
        }
        ExecPhase::Created
        | ExecPhase::Running { .. }
        | ExecPhase::Failed { .. }
        | ExecPhase::Exited { .. } => None,
    }
}

fn image_step(state: &State, limits: &Limits) -> Option<Step> {
    let digests: Vec<_> = state.work().unreferenced().copied().take(limits.layers_max).collect();
    (!digests.is_empty()).then_some(Step::DropUnreferenced(digests))
}

// === impl Limits ===

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps_max: 64,
            backoff_first: Duration::from_millis(100),
            backoff_max: Duration::from_secs(30),
            layers_max: 64,
        }
    }
}

// === impl Progress ===

impl Progress {
    fn is_free(&self, key: StepKey, now: Instant) -> bool {
        (!self.under_way.contains(&key) || journal_log::planted!("start-planned-twice"))
            && self.failures.get(&key).is_none_or(|failure| failure.not_before <= now)
    }

    /// Notes that a step is under way.
    pub fn begin(&mut self, key: StepKey) {
        self.under_way.insert(key);
    }

    /// Notes that a step is done, and its outcome on record.
    pub fn succeed(&mut self, key: StepKey) {
        self.under_way.remove(&key);
        self.failures.remove(&key);
    }

    /// Notes that a step failed, and when it may be tried again. Gives how often it has failed.
    pub fn fail(&mut self, key: StepKey, now: Instant, limits: &Limits) -> u32 {
        self.under_way.remove(&key);
        let failure = self.failures.entry(key).or_insert(Failure { tries: 0, not_before: now });
        failure.tries += 1;
        let doubled =
            limits.backoff_first.saturating_mul(1 << failure.tries.min(16).saturating_sub(1));
        failure.not_before = now + doubled.min(limits.backoff_max);
        failure.tries
    }

    /// Gives when the next failed step may be tried again.
    pub fn next_try(&self) -> Option<Instant> {
        self.failures.values().map(|failure| failure.not_before).min()
    }

    /// Forgets failures of what needs nothing any more.
    pub fn forget_settled(&mut self, state: &State) {
        self.failures.retain(|key, _| match key {
            StepKey::Container(id) => state.container(id).is_some_and(|found| found.has_work()),
            StepKey::Exec(id) => state.exec(id).is_some_and(|found| found.has_work()),
            StepKey::Images => state.work().unreferenced().next().is_some(),
        });
    }
}

#[cfg(test)]
mod tests;
