//! The end of a run, as a backend reports it, and what follows from it: removal, or the next run.

use journal_domain::{
    ContainerExited, ContainerStartFailed, Event, ExecExited, ObserveExit, ObserveLost,
    ObserveStartFailure, RemovalRequested,
};
use journal_log::Timestamp;

use super::{lease, policy, start};
use crate::{Container, ExecPhase, Phase, State};

/// The status of a process that the kernel killed: 128 and SIGKILL.
const KILLED: i64 = 137;

/// The status of a run whose end nobody saw. Docker shows 255 for a container that it lost.
const LOST: i64 = 255;

pub(super) fn exit(state: &State, seen: &ObserveExit, now: Timestamp) -> Vec<Event> {
    let exited = ContainerExited {
        id: seen.id,
        incarnation: seen.incarnation,
        exit_code: seen.exit_code,
        oom_killed: seen.oom_killed,
        finished_at: seen.finished_at,
        error: seen.error.clone(),
    };
    end(state, exited, now)
}

pub(super) fn lost(state: &State, seen: &ObserveLost, now: Timestamp) -> Vec<Event> {
    let exited = ContainerExited {
        id: seen.id,
        incarnation: seen.incarnation,
        exit_code: LOST,
        oom_killed: false,
        finished_at: now,
        error: seen.reason.clone(),
    };
    end(state, exited, now)
}

/// A start that failed; what was to be removed at its end goes at once, as in Docker.
pub(super) fn start_failed(state: &State, seen: &ObserveStartFailure) -> Vec<Event> {
    let Some(container) = state.container(&seen.id) else { return Vec::new() };
    let expected = matches!(container.phase, Phase::Starting(_));
    if !expected || container.incarnation != seen.incarnation {
        return Vec::new();
    }
    let failed = ContainerStartFailed {
        id: seen.id,
        incarnation: seen.incarnation,
        exit_code: seen.exit_code,
        message: seen.message.clone(),
    };
    let mut events = vec![failed.into()];
    events.extend(removal_after_failure(container));
    events
}

/// Gives what follows a start that failed.
pub(super) fn removal_after_failure(container: &Container) -> Option<Event> {
    let goes = container.spec.auto_remove && !container.removing;
    goes.then(|| RemovalRequested { id: container.id }.into())
}

fn end(state: &State, exited: ContainerExited, now: Timestamp) -> Vec<Event> {
    let Some(container) = state.container(&exited.id) else { return Vec::new() };
    if !container.is_active()
        || (container.incarnation != exited.incarnation
            && !journal_log::planted!("exit-of-any-run"))
    {
        return Vec::new();
    }
    // The kernel kills what is left in the container when its first process ends.
    let mut events = Vec::new();
    for id in live_execs(state, container) {
        events.push(ExecExited { id, exit_code: KILLED, error: String::new() }.into());
    }
    let next = policy::after_exit(container, &exited, now);
    events.push(exited.into());
    if container.removing {
        return events;
    }
    if let Some(endpoint) = container.restart {
        events.extend(match start::check_peers(state, container) {
            Ok(()) => lease::again(state, container, container.incarnation + 1, endpoint),
            Err(refusal) => start::failed_run(container, &refusal),
        });
    } else if let Some(next) = next {
        events.push(next.into());
    } else if container.spec.auto_remove {
        events.push(RemovalRequested { id: container.id }.into());
    }
    events
}

fn live_execs<'a>(
    state: &'a State,
    container: &'a Container,
) -> impl Iterator<Item = journal_domain::ExecId> + 'a {
    container
        .execs
        .iter()
        .filter_map(|id| state.exec(id))
        .filter(|exec| matches!(exec.phase, ExecPhase::Starting { .. } | ExecPhase::Running { .. }))
        .map(|exec| exec.id)
}
