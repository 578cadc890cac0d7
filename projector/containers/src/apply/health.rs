//! Probes of health: when the next is due, and what the last told.

use std::sync::Arc;

use journal_domain::{ContainerId, ContainerProbed, ProbeRequested};
use journal_log::Timestamp;

use crate::{Container, ContainerHealth, State, TimerKey, state::health::RESULTS_MAX};

/// Begins anew with a run; a container without a probe has no health.
pub(super) fn started(state: &mut State, id: ContainerId, at: Timestamp) {
    state.change(&id, |container| {
        let probes = container.health_check().is_some_and(|check| check.command().is_some());
        let before = container.health.as_deref();
        container.health = probes.then(|| Arc::new(ContainerHealth::of_start(before)));
    });
    schedule(state, id, at);
}

/// Looks at a run again after a pause from now, and no sooner.
pub(super) fn schedule(state: &mut State, id: ContainerId, at: Timestamp) {
    unschedule(state, id);
    let Some(due) = state.container(&id).and_then(|container| due(container, at)) else { return };
    let incarnation = state.container(&id).map_or(0, |container| container.incarnation);
    state.timers.set(due, TimerKey::Probe(id, incarnation));
    change(state, id, |health| health.due = Some(due));
}

/// Does not look at a run any more.
pub(super) fn unschedule(state: &mut State, id: ContainerId) {
    let Some(container) = state.container(&id) else { return };
    let Some(due) = container.health.as_ref().and_then(|health| health.due) else { return };
    state.timers.clear(due, TimerKey::Probe(id, container.incarnation));
    change(state, id, |health| health.due = None);
}

pub(super) fn requested(state: &mut State, event: &ProbeRequested, at: Timestamp) {
    unschedule(state, event.id);
    change(state, event.id, |health| {
        health.pending = Some(at);
        health.probes = event.number;
    });
}

pub(super) fn probed(state: &mut State, event: &ContainerProbed, at: Timestamp) {
    change(state, event.id, |health| {
        health.pending = None;
        health.status = event.status;
        health.failing_streak = event.failing_streak;
        if health.results.len() >= RESULTS_MAX {
            health.results.remove(0);
        }
        health.results.push(event.result.clone());
    });
    schedule(state, event.id, at);
}

/// Ends with the run; what was told stays.
pub(super) fn ended(state: &mut State, id: ContainerId) {
    unschedule(state, id);
    change(state, id, |health| health.pending = None);
}

fn due(container: &Container, at: Timestamp) -> Option<Timestamp> {
    let (health, check) = (container.health.as_ref()?, container.health_check()?);
    let run = container.running().filter(|run| !run.paused)?;
    let ran = at.saturating_since(run.started_at);
    health.pending.is_none().then(|| at.saturating_add(health.pause(check, ran)))
}

fn change(state: &mut State, id: ContainerId, change: impl FnOnce(&mut ContainerHealth)) {
    state.change(&id, |container| {
        if let Some(health) = &mut container.health {
            change(Arc::make_mut(health));
        }
    });
}
