//! Starting an exec.

use std::sync::Arc;

use backends_core::{ExecWorkload, Observation, StartError};
use sandbox_shim::{ExecStdio, Request};

use crate::{
    config,
    exec_io::Given,
    registry::Registry,
    run::{CallFailure, RunHandle, Surroundings},
};

/// Starts an exec and reports what became of it.
pub(crate) async fn start_exec(
    around: &Arc<Surroundings>,
    registry: &Registry,
    workload: &ExecWorkload,
) {
    let exec = workload.exec;
    if let Err(error) = try_start(around, registry, workload).await {
        around.streams.discard(exec);
        // Without a receiver the server is ending.
        let _ = around.observations.send(Observation::ExecStartFailed { exec, error }).await;
    }
}

/// Starts it; an error is one that has not been reported.
async fn try_start(
    around: &Arc<Surroundings>,
    registry: &Registry,
    workload: &ExecWorkload,
) -> Result<(), StartError> {
    let run = registry.run(workload.run.container).filter(|held| held.run == workload.run);
    let Some(run) = run else { return Err(not_running()) };
    start(around, &run, workload).await
}

/// Starts an exec of a run. What becomes of it is reported by who holds the run; an error is one that has not been.
pub(crate) async fn start(
    around: &Surroundings,
    run: &RunHandle,
    workload: &ExecWorkload,
) -> Result<(), StartError> {
    let exec = workload.exec;
    let tty = workload.spec.tty;
    let Given { stdio, fds } = if tty { Given::default() } else { around.streams.give(exec) };
    let stdio = if tty { ExecStdio::default() } else { stdio };
    let spec = Box::new(config::exec(workload, stdio)?);
    let request = Request::Exec { exec_id: exec.to_string(), spec };
    match run.start_exec(exec, request, fds).await {
        Ok(_) => Ok(()),
        // The holder has reported it.
        Err(CallFailure::Refused(_)) => {
            around.streams.discard(exec);
            Ok(())
        }
        Err(CallFailure::Gone) => Err(not_running()),
    }
}

fn not_running() -> StartError {
    StartError { exit_code: 128, message: "the container is not running".to_owned() }
}
