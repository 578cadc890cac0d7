//! An end is on record as it was: the status that the provider knows, or that nobody knows it; and only of what is over.

use backends_core::RunId;
use journal_domain::{ContainerEvent, ContainerExited, Event, ExecEvent, ExecExited};
use projector_containers::State;

use crate::{
    Violation,
    provider::{End, Provider},
};

/// What Docker shows for a container that it lost.
const LOST: i64 = 255;

/// The status of an exec that the end of its run has ended.
const KILLED: i64 = 137;

pub(super) fn check(event: &Event, state: &State, provider: &Provider) -> Result<(), Violation> {
    let wrong = if let Event::Container(ContainerEvent::Exited(exited)) = event {
        of_container(exited, provider)
    } else if let Event::Exec(ExecEvent::Exited(exited)) = event {
        of_exec(exited, state, provider)
    } else {
        None
    };
    wrong.map_or(Ok(()), |what| Err(Violation::new("exit_code", what)))
}

fn of_container(exited: &ContainerExited, provider: &Provider) -> Option<String> {
    let run = RunId { container: exited.id, incarnation: exited.incarnation };
    let recorded = exited.exit_code;
    Some(match provider.truth(run) {
        Some(End::Code(code)) if code == recorded => return None,
        Some(End::Unknown) if recorded == LOST => return None,
        Some(End::Code(code)) => format!("{run} ended with {code}, and {recorded} is on record"),
        Some(End::Unknown) => format!("nobody knows how {run} ended, and {recorded} is on record"),
        None => format!("{run} is not over, and {recorded} is on record"),
    })
}

fn of_exec(exited: &ExecExited, state: &State, provider: &Provider) -> Option<String> {
    let (id, recorded) = (exited.id, exited.exit_code);
    // It may be forgotten already, with its container.
    let exec = state.exec(&id)?;
    let run = RunId { container: exec.container, incarnation: exec.incarnation };
    let ends_with_run = provider.truth(run).is_some() && [KILLED, LOST].contains(&recorded);
    let truth = provider.execs.truth(&id);
    if ends_with_run || truth == Some((run, Some(recorded))) {
        return None;
    }
    Some(format!("{id} of {run} is {truth:?}, and {recorded} is on record"))
}
