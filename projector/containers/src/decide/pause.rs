//! `docker pause` and `docker unpause`: wishes, which become facts when a backend reports the processes frozen or going on.

use journal_domain::{
    ContainerFrozen, Event, FreezeRequested, ObserveFreeze, PauseContainer, Refusal, Signal,
    UnpauseContainer,
};

use super::Decision;
use crate::{Container, State};

pub(super) fn pause(state: &State, command: &PauseContainer) -> Decision {
    let container = state.find(&command.target)?;
    let id = container.id;
    let Some(run) = container.running() else {
        return Err(Refusal::Conflict(if container.is_live() {
            format!("Container {id} is restarting, wait until the container is running")
        } else {
            format!("container {id} is not running")
        }));
    };
    if run.freeze.unwrap_or(run.paused) {
        return Err(Refusal::Conflict(format!("container {id} is already paused")));
    }
    Ok(vec![FreezeRequested { id, frozen: true }.into()])
}

pub(super) fn unpause(state: &State, command: &UnpauseContainer) -> Decision {
    let container = state.find(&command.target)?;
    let id = container.id;
    if !wants_thaw(container) {
        return Err(Refusal::Failed(format!("Container {id} is not paused")));
    }
    Ok(vec![FreezeRequested { id, frozen: false }.into()])
}

/// Lets the processes of a paused container go on, so that they can take a signal that ends them.
pub(super) fn thaw(container: &Container, signal: Signal) -> Option<Event> {
    let ends = signal == Signal::KILL || signal == container.spec.stop_signal_or_term();
    let thaws = ends && wants_thaw(container);
    thaws.then(|| FreezeRequested { id: container.id, frozen: false }.into())
}

/// Takes what a backend reports; of another wish than the present one it changes nothing.
pub(super) fn observe(state: &State, seen: &ObserveFreeze) -> Option<Event> {
    let container = state.container(&seen.id)?;
    let awaited = container.running()?.freeze == Some(seen.frozen);
    (awaited && container.incarnation == seen.incarnation).then(|| {
        let error = seen.error.clone();
        ContainerFrozen { id: seen.id, frozen: seen.frozen, error }.into()
    })
}

fn wants_thaw(container: &Container) -> bool {
    container.running().is_some_and(|run| run.freeze.unwrap_or(run.paused))
}
