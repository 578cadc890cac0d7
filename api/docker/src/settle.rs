//! Waiting for the state that settles a call: a wish is in the log, and the world has still to follow.
//!
//! A client that hangs up while it waits takes nothing back.

use journal_domain::{ContainerId, ExecId};
use projector_containers::{Container, Containers, Key, Phase, State};
use projector_engine::World;

use crate::{call::Call, convert::start_failure_text, error::ApiError};

/// What became of a run.
enum Run {
    /// It is not known yet.
    Pending,
    /// It runs, or ran.
    Started,
    /// It could not be started: the exit code and the reason.
    Failed(i64, String),
}

/// Waits until a run has started, or failed to.
///
/// The run may be one that follows a present one's end, as in a restart; a stop that takes the restart back
/// settles it too.
pub(crate) async fn started(
    call: &Call,
    id: ContainerId,
    incarnation: u32,
) -> Result<(), ApiError> {
    let run = wait(call, Key::Container(id), |state| match run(state, &id, incarnation) {
        Run::Pending => None,
        settled @ (Run::Started | Run::Failed(..)) => Some(settled),
    });
    match run.await? {
        Run::Pending | Run::Started => Ok(()),
        Run::Failed(exit_code, message) => Err(ApiError::start_failed(exit_code, message)),
    }
}

/// Waits until the stop that was asked for is over: the run has ended.
pub(crate) async fn stopped(call: &Call, id: ContainerId) -> Result<(), ApiError> {
    wait(call, Key::Container(id), |state| {
        state.container(&id).is_none_or(|container| container.stopping().is_none()).then_some(())
    })
    .await
}

/// Waits until a run has ended. A later run than `incarnation` shows that it has.
pub(crate) async fn ended(call: &Call, id: ContainerId, incarnation: u32) -> Result<(), ApiError> {
    wait(call, Key::Container(id), |state| {
        let runs =
            |container: &Container| container.is_active() && container.incarnation <= incarnation;
        (!state.container(&id).is_some_and(|container| runs(container))).then_some(())
    })
    .await
}

/// Waits until a signal was sent, or has nobody to go to any more.
pub(crate) async fn delivered(call: &Call, id: ContainerId, number: u32) -> Result<(), ApiError> {
    wait(call, Key::Container(id), |state| {
        let pending = state.container(&id).is_some_and(|container| {
            container.pending_signals.iter().any(|signal| signal.number == number)
        });
        (!pending).then_some(())
    })
    .await
}

/// Waits until nothing is left of a container.
pub(crate) async fn removed(call: &Call, id: ContainerId) -> Result<(), ApiError> {
    wait(call, Key::Container(id), |state| state.container(&id).is_none().then_some(())).await
}

/// Waits until a container's terminal has the size that was asked for, or is gone.
pub(crate) async fn resized(call: &Call, id: ContainerId) -> Result<(), ApiError> {
    wait(call, Key::Container(id), |state| {
        let pending = state.container(&id).is_some_and(|container| container.pending_resize);
        (!pending).then_some(())
    })
    .await
}

/// Waits until an exec's terminal has the size that was asked for, or is gone.
pub(crate) async fn exec_resized(call: &Call, id: ExecId) -> Result<(), ApiError> {
    wait(call, Key::Exec(id), |state| {
        (!state.exec(&id).is_some_and(|exec| exec.pending_resize)).then_some(())
    })
    .await
}

fn run(state: &State, id: &ContainerId, incarnation: u32) -> Run {
    let Some(container) = state.container(id) else {
        return run_of_the_gone(state, id, incarnation);
    };
    if container.incarnation > incarnation {
        return Run::Started;
    }
    if container.incarnation < incarnation {
        let comes = container.is_active() || container.restart.is_some();
        return if comes { Run::Pending } else { Run::Started };
    }
    match &container.phase {
        Phase::Starting(_) => Run::Pending,
        Phase::Running(_) => Run::Started,
        Phase::Created(_) | Phase::Exited(_) => match container.start_failure() {
            Some(failure) => Run::Failed(failure.exit_code, start_failure_text(failure)),
            None => Run::Started,
        },
    }
}

/// Tells what became of a run whose container was removed before anybody looked.
fn run_of_the_gone(state: &State, id: &ContainerId, incarnation: u32) -> Run {
    let exit = state.tombstones().get(id).and_then(|tombstone| tombstone.last_exit.as_ref());
    match exit {
        Some(exit) if exit.incarnation >= incarnation => Run::Started,
        Some(_) | None => {
            let short = id.short();
            Run::Failed(128, format!("container {short} was removed before it could be started"))
        }
    }
}

/// Waits until `look` finds what it looks for in the state, or the engine ends.
async fn wait<T>(
    call: &Call,
    key: Key,
    mut look: impl FnMut(&State) -> Option<T> + Send,
) -> Result<T, ApiError> {
    let handle = &call.context().handle;
    let found = handle.wait_for(key, |world: &World<Containers>| look(&world.state));
    tokio::select! {
        found = found => Ok(found),
        () = handle.ended() => Err(ApiError::stopping()),
    }
}
