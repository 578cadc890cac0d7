//! `docker stop`: a signal, and a deadline after which the container is killed.

use std::time::Duration;

use journal_domain::{
    Event, Refusal, RestartCancelled, Signal, SignalRequested, StopContainer, StopRequested,
    StopTimeout,
};
use journal_log::Timestamp;

use super::{Decision, pause::thaw, pool};
use crate::{Container, State};

/// How long a stop waits when neither the caller nor the container says: Docker's default.
const STOP_TIMEOUT_SECONDS: i64 = 10;

pub(super) fn stop(state: &State, command: &StopContainer, now: Timestamp) -> Decision {
    let container = state.find(&command.target)?;
    if container.restarts.due.is_some() {
        return Ok(vec![RestartCancelled { id: container.id }.into()]);
    }
    if container.queued.is_some() {
        return Ok(pool::withdraw(container));
    }
    if !container.is_active() {
        return Err(Refusal::NotModified(format!(
            "container {} is already stopped",
            container.id.short()
        )));
    }
    Ok(stop_events(container, command.signal, command.timeout_seconds, now))
}

/// Gives the events of a stop of a container that runs or is about to.
pub(super) fn stop_events(
    container: &Container,
    signal: Option<Signal>,
    timeout_seconds: Option<i64>,
    now: Timestamp,
) -> Vec<Event> {
    let timeout_seconds =
        timeout_seconds.or(container.spec.stop_timeout_seconds).unwrap_or(STOP_TIMEOUT_SECONDS);
    // A negative timeout means that the container is never killed.
    let deadline = u64::try_from(timeout_seconds)
        .ok()
        .map(|seconds| now.saturating_add(Duration::from_secs(seconds)));
    let signal = signal.unwrap_or_else(|| container.spec.stop_signal_or_term());
    let mut events = vec![
        StopRequested { id: container.id, deadline }.into(),
        SignalRequested { id: container.id, number: container.signals + 1, signal }.into(),
    ];
    // A frozen process takes no signal, whatever a stop sends.
    events.extend(thaw(container, Signal::KILL));
    events
}

/// Kills the container whose stop waited long enough, if that run is still there.
pub(super) fn timeout(state: &State, command: StopTimeout) -> Vec<Event> {
    let Some(container) = state.container(&command.id) else { return Vec::new() };
    let due = container.is_active() && container.incarnation == command.incarnation;
    if !due {
        return Vec::new();
    }
    vec![
        // Without a deadline the timer does not fire again.
        StopRequested { id: container.id, deadline: None }.into(),
        SignalRequested { id: container.id, number: container.signals + 1, signal: Signal::KILL }
            .into(),
    ]
}
