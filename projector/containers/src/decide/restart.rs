//! `docker restart`: a stop, if it runs, and a start that follows the end.

use journal_domain::{RestartCancelled, RestartContainer, RestartRequested, StartContainer};
use journal_log::Timestamp;

use super::{
    Decision,
    start::{start, start_run},
    stop::stop_events,
};
use crate::State;

pub(super) fn restart(state: &State, command: &RestartContainer, now: Timestamp) -> Decision {
    let container = state.find(&command.target)?;
    if container.restarts.due.is_some() {
        let mut events = vec![RestartCancelled { id: container.id }.into()];
        events.extend(start_run(state, container, command.endpoint)?);
        return Ok(events);
    }
    if !container.is_active() || container.removing {
        let target = command.target.clone();
        return start(state, &StartContainer { target, endpoint: command.endpoint });
    }
    let mut events = stop_events(container, command.signal, command.timeout_seconds, now);
    events.push(RestartRequested { id: container.id, endpoint: command.endpoint }.into());
    Ok(events)
}
