//! Restart policies: whether a run that ended is followed by another, and after which pause.
//!
//! As Docker's restart manager does it: the pause begins with 100 ms, doubles up to a minute, and begins anew after a run
//! of 10 seconds.

use std::time::Duration;

use journal_domain::{
    ContainerExited, EndpointId, Event, RestartDue, RestartPolicy, RestartScheduled,
};
use journal_log::{Seq, Timestamp};
use projector_machine::{Machine as _, Stamp};

use super::{
    pool,
    start::{failed_run, start_run},
};
use crate::{Container, Containers, Phase, State};

/// The pause before the first run that follows.
const PAUSE_FIRST: Duration = Duration::from_millis(100);

/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// A run of that length was a good one: what follows begins with the first pause again.
const GOOD_RUN: Duration = Duration::from_secs(10);

/// Gives the run that follows the one that has just ended.
pub(super) fn after_exit(
    container: &Container,
    exited: &ContainerExited,
    now: Timestamp,
) -> Option<RestartScheduled> {
    let restarts = &container.restarts;
    if restarts.held_back || !wants_another(container, exited.exit_code) {
        return None;
    }
    let since = container.running().map_or(exited.finished_at, |run| run.started_at);
    let was_good = exited.finished_at.saturating_since(since) >= GOOD_RUN;
    let pause = match restarts.pause {
        Duration::ZERO => PAUSE_FIRST,
        _ if was_good => PAUSE_FIRST,
        pause => pause.saturating_mul(2).min(PAUSE_MAX),
    };
    let (id, incarnation) = (container.id, container.incarnation);
    let (at, count) = (now.saturating_add(pause), restarts.count.saturating_add(1));
    Some(RestartScheduled { id, incarnation, at, pause, count })
}

/// Gives the runs that follow the start of a server: those of containers that are down and should not be. One that a
/// client has stopped comes back where its policy is to run always.
pub(super) fn at_boot(state: &State, now: Timestamp) -> Vec<Event> {
    // Each of them takes a place of its pool, so that the next one finds it taken.
    let (mut after, mut events) = (state.clone(), Vec::new());
    for container in state.containers.values() {
        let Phase::Exited(exited) = &container.phase else { continue };
        let (id, incarnation) = (container.id, container.incarnation);
        let waits = container.is_waiting() || container.removing;
        if waits || !wants_another(container, exited.report.exit_code) {
            continue;
        }
        let pause = Duration::ZERO;
        let again = RestartScheduled { id, incarnation, at: now, pause, count: 0 };
        let decided = match pool::turn(&after, container, EndpointId::of_run(id, incarnation + 1)) {
            Ok(None) => vec![again.into()],
            Ok(Some(queued)) => vec![queued],
            Err(refusal) => failed_run(container, &refusal),
        };
        if container.pool().is_some() {
            let stamp = Stamp { seq: Seq::FIRST, at: now };
            decided.iter().for_each(|event| Containers::apply(&mut after, event, stamp));
        }
        events.extend(decided);
    }
    events
}

/// Starts the run whose pause is over, if it is still waited for.
pub(super) fn due(state: &State, command: RestartDue) -> Vec<Event> {
    let Some(container) = state.container(&command.id) else { return Vec::new() };
    if container.restarts.due.is_none() || container.incarnation != command.incarnation {
        return Vec::new();
    }
    let (id, incarnation) = (container.id, container.incarnation + 1);
    start_run(state, container, EndpointId::of_run(id, incarnation))
        .unwrap_or_else(|refusal| failed_run(container, &refusal))
}

fn wants_another(container: &Container, exit_code: i64) -> bool {
    let restarts = &container.restarts;
    container.restart_policy().is_some_and(|policy| match policy {
        RestartPolicy::Always => true,
        RestartPolicy::UnlessStopped => !restarts.by_client,
        RestartPolicy::OnFailure { retries_max } => {
            exit_code != 0 && (retries_max == 0 || restarts.count < retries_max)
        }
    })
}
