//! Runs that follow by themselves, and what keeps them from it.

use journal_domain::{ContainerId, RestartScheduled, Signal};

use crate::{Container, State, TimerKey, state::restarts::Restarts};

pub(super) fn scheduled(state: &mut State, event: &RestartScheduled) {
    state.timers.set(event.at, TimerKey::Restart(event.id, event.incarnation));
    state.change(&event.id, |container| {
        container.restarts = Restarts {
            count: event.count,
            due: Some(event.at),
            pause: event.pause,
            ..container.restarts
        };
    });
}

/// Takes back the run that is waited for, if one is.
pub(super) fn cancelled(state: &mut State, id: ContainerId) {
    clear(state, id);
    state.change(&id, cancel);
}

/// Notes in a container that its client holds back further runs.
pub(super) fn cancel(container: &mut Container) {
    container.restarts.due = None;
    container.restarts.by_client = true;
    container.restarts.held_back = true;
}

/// Notes that a run begins: one that was waited for goes on counting, and one that a client asked for begins anew.
pub(super) fn started(state: &mut State, id: ContainerId) {
    clear(state, id);
    state.change(&id, |container| {
        container.restarts = match container.restarts.due {
            Some(_) => Restarts { due: None, ..container.restarts },
            None => Restarts::default(),
        };
    });
}

/// Notes that a client ends the run, by a stop or by a signal. As in Docker, any signal counts unless the container
/// has one of its own to be stopped with; then that one and SIGKILL do.
pub(super) fn ended_by_client(container: &mut Container, signal: Option<Signal>) {
    let own = container.spec.stop_signal;
    let ends = match (signal, own) {
        (None, _) | (Some(Signal::KILL), _) | (_, None) => true,
        (Some(signal), Some(own)) => signal == own,
    };
    container.restarts.by_client = true;
    container.restarts.held_back |= ends;
}

/// Takes away the timer of the run that is waited for.
pub(super) fn clear(state: &mut State, id: ContainerId) {
    let Some(container) = state.containers.get(&id) else { return };
    if let Some(at) = container.restarts.due {
        state.timers.clear(at, TimerKey::Restart(id, container.incarnation));
    }
}
