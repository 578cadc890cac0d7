//! `docker exec`, first half: a record of what shall run.

use journal_domain::{CreateExec, Event, ExecCreated, ExecOption, ExecOptionsSet, Refusal};

use super::Decision;
use crate::{Phase, State};

/// Execs that one container may have that have not been forgotten.
///
/// Docker forgets ended ones after five minutes, as we do; a client that makes more than this in that time
/// is a loop gone wild.
const EXECS_PER_CONTAINER_MAX: usize = 65_536;

pub(super) fn create_exec(state: &State, command: &CreateExec, options: &[ExecOption]) -> Decision {
    let container = state.find(&command.target)?;
    if container.restarts.due.is_some() {
        return Err(Refusal::Conflict(format!(
            "Container {} is restarting, wait until the container is running",
            container.id
        )));
    }
    if !matches!(container.phase, Phase::Running(_)) {
        return Err(Refusal::Conflict(format!("container {} is not running", container.id)));
    }
    if container.is_paused() {
        return Err(Refusal::Conflict(format!(
            "Container {} is paused, unpause the container before exec",
            container.id
        )));
    }
    if command.spec.cmd.is_empty() {
        return Err(Refusal::InvalidParameter("No exec command specified".into()));
    }
    if container.execs.len() >= EXECS_PER_CONTAINER_MAX {
        return Err(Refusal::Exhausted(format!(
            "container {} has {EXECS_PER_CONTAINER_MAX} execs: ended ones are forgotten after 5 minutes",
            container.id.short()
        )));
    }
    let id = command.id;
    let mut events: Vec<Event> = vec![
        ExecCreated {
            id,
            container: container.id,
            incarnation: container.incarnation,
            spec: command.spec.clone(),
        }
        .into(),
    ];
    if !options.is_empty() {
        events.push(ExecOptionsSet { id, options: options.to_vec() }.into());
    }
    Ok(events)
}
