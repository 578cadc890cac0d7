//! Probes of health: when one is asked for, and what its outcome means.
//!
//! Rules of moby's `daemon/health.go`: failures within the start period do not count while no probe has been good, one good
//! probe is enough to be healthy, and so many failures in a row make it unhealthy.

use std::time::Duration;

use journal_domain::{
    ContainerProbed, Event, HealthCheck, HealthStatus, Image, ObserveProbe, ProbeContainer,
    ProbeDue, ProbeRequested, ProbeResult, Refusal,
};
use journal_log::Timestamp;
use serde::Deserialize;

use super::Decision;
use crate::State;

/// Docker's number of failures that make a container unhealthy.
const RETRIES: u32 = 3;

/// Asks for a probe now. One that is under way is the one that is asked for. Podman's words.
pub(super) fn ask(state: &State, command: &ProbeContainer) -> Decision {
    let container = state.find(&command.target)?;
    let id = container.id;
    let probes = container.health_check().is_some_and(|check| check.command().is_some());
    if !probes {
        return Err(Refusal::Conflict(format!("container {id} has no defined healthcheck")));
    }
    let runs = container.running().is_some_and(|run| !run.paused);
    let Some(health) = container.health.as_ref().filter(|_| runs) else {
        return Err(Refusal::Conflict(format!("container {id} is not running")));
    };
    let asked = health.pending.is_none();
    let event = asked.then(|| ProbeRequested { id, number: health.probes + 1 }.into());
    Ok(event.into_iter().collect())
}

/// Asks for the probe that is due, if the run is still there and may be looked at.
pub(super) fn due(state: &State, command: ProbeDue) -> Option<Event> {
    let container = state.container(&command.id)?;
    let health = container.health.as_ref()?;
    let expected = health.due.is_some() && container.incarnation == command.incarnation;
    expected.then(|| ProbeRequested { id: command.id, number: health.probes + 1 }.into())
}

/// Takes the outcome of a probe that is awaited.
pub(super) fn observe(state: &State, seen: &ObserveProbe, now: Timestamp) -> Option<Event> {
    let container = state.container(&seen.id)?;
    let (health, check) = (container.health.as_ref()?, container.health_check()?);
    let run = container.running()?;
    let started_at = health.pending.filter(|_| health.probes == seen.number)?;
    if container.incarnation != seen.incarnation {
        return None;
    }
    let (id, number) = (seen.id, seen.number);
    let (exit_code, output) = (seen.exit_code, seen.output.clone());
    let result = ProbeResult { started_at, finished_at: now, exit_code, output };
    let at = started_at.saturating_since(run.started_at);
    let excused = health.status == HealthStatus::Starting && at < check.start_period;
    let retries = if check.retries == 0 { RETRIES } else { check.retries };
    let failing_streak = match exit_code {
        0 => 0,
        _ => health.failing_streak.saturating_add(u32::from(!excused)),
    };
    let status = match exit_code {
        0 => HealthStatus::Healthy,
        _ if !excused && failing_streak >= retries => HealthStatus::Unhealthy,
        _ => health.status,
    };
    Some(ContainerProbed { id, number, result, status, failing_streak }.into())
}

/// Merges the image's own health check into what a client asked for; `None` where there is none.
pub(super) fn merge(asked: Option<&HealthCheck>, image: &Image) -> Option<HealthCheck> {
    let own = image.config.healthcheck.as_deref().and_then(of_image);
    let mut check = asked.cloned().unwrap_or_default();
    if let Some(own) = own {
        if check.test.is_empty() {
            check.test = own.test;
        }
        let or = |said: &mut Duration, own| {
            if said.is_zero() {
                *said = own;
            }
        };
        or(&mut check.interval, own.interval);
        or(&mut check.timeout, own.timeout);
        or(&mut check.start_period, own.start_period);
        or(&mut check.start_interval, own.start_interval);
        if check.retries == 0 {
            check.retries = own.retries;
        }
    }
    check.shell = image.config.shell.clone().unwrap_or_default();
    (!check.test.is_empty()).then_some(check)
}

/// Reads the health check of an image's configuration (Docker image specification, `Healthcheck`). What cannot be read is
/// no health check, as the image's own maker may be of another time.
fn of_image(text: &str) -> Option<HealthCheck> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase", default)]
    #[derive(Default)]
    struct Wire {
        test: Vec<String>,
        interval: u64,
        timeout: u64,
        start_period: u64,
        start_interval: u64,
        retries: u32,
    }
    let wire: Wire = serde_json::from_str(text).ok()?;
    Some(HealthCheck {
        test: wire.test,
        interval: Duration::from_nanos(wire.interval),
        timeout: Duration::from_nanos(wire.timeout),
        start_period: Duration::from_nanos(wire.start_period),
        start_interval: Duration::from_nanos(wire.start_interval),
        retries: wire.retries,
        shell: Vec::new(),
    })
}
