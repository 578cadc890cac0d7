//! Once nothing goes wrong any more, everything that is wanted is done, and what runs is what is wanted.

use backends_core::{EffectId, RunId};
use projector_containers::{Phase, State};

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
