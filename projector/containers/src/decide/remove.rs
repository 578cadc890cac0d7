//! `docker rm`: a wish. It becomes a fact when the backend reports that nothing is left.

use journal_domain::{Event, Refusal, RemovalRequested, RemoveContainer, Signal, SignalRequested};

use super::{Decision, pause::thaw, pod, volume::doom};
use crate::{Container, PhaseName, State};

pub(super) fn remove(state: &State, command: &RemoveContainer) -> Decision {
    let container = state.find(&command.target)?;
    pod::refuse_of_holder(state, container)?;
    if container.removing && !command.force {
        return Err(Refusal::Conflict(format!(
            "removal of container {} is already in progress",
            command.target
        )));
    }
    if container.is_live() && !command.force {
        let state = PhaseName::of(container).as_str();
        return Err(Refusal::Conflict(format!(
            "cannot remove container \"/{}\": container is {state}: \
             stop the container before removing or force remove",
            container.name
        )));
    }
    Ok(removal(state, container, command.volumes))
}

/// Gives what removes a container: one that runs is killed first.
pub(super) fn removal(state: &State, container: &Container, volumes: bool) -> Vec<Event> {
    let mut events = Vec::new();
    if !container.removing {
        events.push(RemovalRequested { id: container.id }.into());
    }
    if volumes {
        events.extend(doom(state, container));
    }
    if container.is_active() {
        let (number, signal) = (container.signals + 1, Signal::KILL);
        events.push(SignalRequested { id: container.id, number, signal }.into());
        events.extend(thaw(container, signal));
    }
    events
}
