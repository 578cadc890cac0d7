//! The start of a server: what its forerunner left running, or what ended meanwhile, goes on record.

use std::collections::HashMap;

use backends_core::{Backend, Found, FoundExec, FoundRun, Observation, RunId};
use journal_domain::ContainerId;
use projector_containers::{Container, ExecPhase, Phase, State};

use crate::{
    Limits,
    record::{Recorder, Stopped, command},
};

/// The status of an exec whose end nobody saw.
const LOST: i64 = 255;

/// Compares what the backend has with what the state says, once, and puts the difference on record.
pub(crate) async fn adopt(
    recorder: &Recorder,
    backend: &dyn Backend,
    limits: &Limits,
) -> Result<(), Stopped> {
    let found = list(backend, limits).await;
    let world = recorder.handle().snapshot();
    let by_container: HashMap<ContainerId, &Found> =
        found.iter().map(|found| (found.container, found)).collect();
    for report in reports(&world.state, &by_container) {
        recorder.submit(command(report)).await?;
    }
    for stray in found.iter().filter(|found| world.state.container(&found.container).is_none()) {
        sweep(backend, stray).await;
    }
    Ok(())
}

async fn list(backend: &dyn Backend, limits: &Limits) -> Vec<Found> {
    let mut pause = limits.backoff_first;
    loop {
        match backend.list().await {
            Ok(found) => return found,
            Err(error) => {
                tracing::error!(%error, "what runs cannot be listed; trying again");
                tokio::time::sleep(pause).await;
                pause = pause.saturating_mul(2).min(limits.backoff_max);
            }
        }
    }
}

/// Gives what happened while nobody looked.
fn reports(state: &State, found: &HashMap<ContainerId, &Found>) -> Vec<Observation> {
    let mut reports = Vec::new();
    for container in state.active() {
        let found = found.get(&container.id).copied();
        reports.extend(run_report(container, found.and_then(|found| found.run.as_ref())));
        let execs = found.map_or(&[][..], |found| &found.execs);
        for id in &container.execs {
            let known = execs.iter().find(|exec| exec.exec == *id);
            let phase = state.exec(id).map(|exec| &exec.phase);
            reports.extend(phase.and_then(|phase| exec_report(*id, phase, known)));
        }
    }
    reports
}

fn run_report(container: &Container, run: Option<&FoundRun>) -> Option<Observation> {
    let expected = RunId { container: container.id, incarnation: container.incarnation };
    match run {
        Some(FoundRun::Running { incarnation, pid, started_at, ports })
            if *incarnation == expected.incarnation =>
        {
            let unseen = matches!(container.phase, Phase::Starting(_));
            let (pid, started_at, ports) = (*pid, *started_at, ports.clone());
            let unseen = unseen && !journal_log::planted!("adoption-forgets-run");
            unseen.then_some(Observation::Started { run: expected, pid, started_at, ports })
        }
        Some(FoundRun::Ended { incarnation, report }) if *incarnation == expected.incarnation => {
            (!journal_log::planted!("adoption-forgets-exit")).then(|| report.clone())
        }
        // A start that left no trace never happened; the plan does it.
        Some(_) | None if matches!(container.phase, Phase::Starting(_)) => None,
        Some(_) | None => {
            let reason = "its process was gone when the server came back".to_owned();
            Some(Observation::Lost { run: expected, reason })
        }
    }
}

fn exec_report(
    exec: journal_domain::ExecId,
    phase: &ExecPhase,
    found: Option<&FoundExec>,
) -> Option<Observation> {
    let live = matches!(phase, ExecPhase::Starting { .. } | ExecPhase::Running { .. });
    match found {
        _ if !live => None,
        Some(FoundExec { exit_code: Some(exit_code), .. }) => {
            Some(Observation::ExecExited { exec, exit_code: *exit_code, error: String::new() })
        }
        Some(FoundExec { pid: Some(pid), .. }) => {
            let unseen = matches!(phase, ExecPhase::Starting { .. });
            unseen.then_some(Observation::ExecStarted { exec, pid: *pid })
        }
        Some(_) | None if matches!(phase, ExecPhase::Starting { .. }) => None,
        Some(_) | None => {
            let error = "its process was gone when the server came back".to_owned();
            Some(Observation::ExecExited { exec, exit_code: LOST, error })
        }
    }
}

/// Removes what is left of a container that the log does not know.
///
/// What still runs is left alone: it may be another log's, and killing it could not be undone.
async fn sweep(backend: &dyn Backend, stray: &Found) {
    if let Some(FoundRun::Running { pid, .. }) = stray.run {
        let container = stray.container;
        tracing::error!(%container, pid, "a container runs that the log does not know; it is left alone");
        return;
    }
    let container = stray.container;
    if journal_log::planted!("orphan-not-removed") {
        return;
    }
    match backend.remove(container).await {
        Ok(()) => tracing::info!(%container, "what was left of a container is removed"),
        Err(error) => tracing::warn!(%container, %error, "what was left of a container stays"),
    }
}

#[cfg(test)]
mod tests;
