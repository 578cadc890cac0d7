//! What was found, compared with what the state says: what nobody has reported.

use std::collections::HashMap;

use backends_core::{Found, FoundExec, FoundRun, Observation, RunId};
use journal_domain::ContainerId;
use projector_containers::{Container, ExecPhase, Phase, State};

/// The status of an exec whose end nobody saw.
const LOST: i64 = 255;

/// Gives what happened while nobody looked.
pub(crate) fn reports(state: &State, found: &HashMap<ContainerId, &Found>) -> Vec<Observation> {
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
            let reason = "nothing of it was found on the backend".to_owned();
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
            let error = "nothing of it was found on the backend".to_owned();
            Some(Observation::ExecExited { exec, exit_code: LOST, error })
        }
    }
}

#[cfg(test)]
mod tests;
