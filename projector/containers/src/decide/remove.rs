//! `docker rm`: a wish. It becomes a fact when the backend reports that nothing is left.

use journal_domain::{Refusal, RemovalRequested, RemoveContainer, Signal, SignalRequested};

use super::{Decision, pause::thaw, volume::doom};
use crate::{PhaseName, State};

pub(super) fn remove(state: &State, command: &RemoveContainer) -> Decision {
    let container = state.find(&command.target)?;
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
    let mut events = Vec::new();
    if !container.removing {
        events.push(RemovalRequested { id: container.id }.into());
    }
    if command.volumes {
        events.extend(doom(state, container));
    }
    if container.is_active() {
        let (number, signal) = (container.signals + 1, Signal::KILL);
        events.push(SignalRequested { id: container.id, number, signal }.into());
        events.extend(thaw(container, signal));
    }
    Ok(events)
}
