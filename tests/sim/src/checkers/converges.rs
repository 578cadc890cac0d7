//! Once nothing goes wrong any more, everything that is wanted is done, and what runs is what is wanted.

use backends_core::{EffectId, RunId};
use journal_domain::ExecId;
use projector_containers::{ExecPhase, Phase, State};

use crate::{
    provider::{Provider, Task},
    sim::CLUSTER,
};

/// Compares the state with what runs.
#[derive(Debug, Default)]
pub(crate) struct Converges;

// === impl Converges ===

impl Converges {
    /// Gives what is not yet as it should be.
    pub(crate) fn check(&self, state: &State, provider: &Provider) -> Result<(), String> {
        other_work(state)?;
        execs(state, provider)?;
        if let Some(container) = state.work().containers().next() {
            return Err(format!(
                "there is something to do for {}: {:?}",
                container.id, container.phase
            ));
        }
        for container in state.active() {
            let run = RunId { container: container.id, incarnation: container.incarnation };
            if !matches!(container.phase, Phase::Running(_)) {
                return Err(format!("{run} is still {:?}", container.phase));
            }
            if !provider.running().any(|(_, task)| task.run == run) {
                return Err(format!("{run} should run, and does not"));
            }
        }
        for (_, task) in provider.running().filter(|(_, task)| is_own(task)) {
            let known = state.container(&task.run.container);
            if !known
                .is_some_and(|known| known.is_active() && known.incarnation == task.run.incarnation)
            {
                return Err(format!("{} runs, and should not", task.run));
            }
        }
        let stray = provider
            .left()
            .find(|task| is_own(task) && state.container(&task.run.container).is_none());
        stray.map_or(Ok(()), |task| Err(format!("something is left of {}", task.run)))
    }
}

fn is_own(task: &Task) -> bool {
    task.effect == EffectId::of_start(&CLUSTER, task.run)
}

/// Tells what is still to be done beside containers.
fn other_work(state: &State) -> Result<(), String> {
    let work = state.work();
    if let Some(exec) = work.execs().next() {
        return Err(format!("there is something to do for exec {}: {:?}", exec.id, exec.phase));
    }
    if let Some(kept) = work.networks().next() {
        return Err(format!("network {} is neither here nor gone", kept.network.name));
    }
    if let Some(kept) = work.volumes().next() {
        return Err(format!("volume {} is neither here nor gone", kept.volume.name));
    }
    if let Some(digest) = work.unreferenced().next() {
        return Err(format!("{digest} is not dropped, and nothing refers to it"));
    }
    Ok(())
}

/// Compares the execs that the state knows to run with those that do.
fn execs(state: &State, provider: &Provider) -> Result<(), String> {
    let known = state.active().flat_map(|container| container.execs.iter().copied());
    let runs = |id: &ExecId| {
        state.exec(id).is_some_and(|exec| matches!(exec.phase, ExecPhase::Running { .. }))
    };
    if let Some(id) = known.filter(runs).find(|id| !provider.execs.runs(id)) {
        return Err(format!("exec {id} should run, and does not"));
    }
    let stray = provider.execs.running().find(|id| !runs(id));
    stray.map_or(Ok(()), |id| Err(format!("exec {id} runs, and should not")))
}
