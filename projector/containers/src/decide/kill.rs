//! `docker kill`: a wish. It becomes a fact when a backend reports the signal sent or the container's end.

use journal_domain::{KillContainer, Refusal, RestartCancelled, SignalRequested};

use super::{Decision, pause::thaw, pool};
use crate::State;

pub(super) fn kill(state: &State, command: &KillContainer) -> Decision {
    let container = state.find(&command.target)?;
    if container.restarts.due.is_some() {
        return Ok(vec![RestartCancelled { id: container.id }.into()]);
    }
    if container.queued.is_some() {
        return Ok(pool::withdraw(container));
    }
    if !container.is_active() {
        return Err(Refusal::Conflict(format!(
            "cannot kill container: {}: container {} is not running",
            command.target, container.id
        )));
    }
    let (number, signal) = (container.signals + 1, command.signal);
    let mut events = vec![SignalRequested { id: container.id, number, signal }.into()];
    events.extend(thaw(container, signal));
    Ok(events)
}
