//! Puts what backends report on record.

use backends_core::Observation;
use journal_domain::{
    Command, ContainerCommand, ExecCommand, ObserveExecExit, ObserveExecStartFailure,
    ObserveExecStarted, ObserveExit, ObserveLost, ObserveStartFailure, ObserveStarted,
    ObserveStartedWith,
};
use journal_log::{Actor, RequestId};
use projector_containers::Containers;
use projector_engine::{Handle, Submission, SubmitError};

/// Submits what is reported under one name.
#[derive(Debug, Clone)]
pub(crate) struct Recorder {
    handle: Handle<Containers>,
    actor: Actor,
}

/// The engine takes no more commands: the server is ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stopped;

// === impl Recorder ===

impl Recorder {
    pub(crate) fn new(handle: Handle<Containers>, backend: &str) -> Self {
        let actor = Actor {
            principal: "reconciler".into(),
            source: format!("backend:{backend}"),
            agent: String::new(),
        };
        Self { handle, actor }
    }

    pub(crate) const fn handle(&self) -> &Handle<Containers> {
        &self.handle
    }

    /// Submits one report. Being overloaded only delays it: a report is never dropped.
    pub(crate) async fn submit(&self, command: impl Into<Command>) -> Result<(), Stopped> {
        let command = command.into();
        loop {
            let submission = Submission {
                actor: self.actor.clone(),
                request: RequestId::NONE,
                cause: None,
                command: command.clone(),
            };
            match self.handle.submit(submission).await {
                Ok(_) => return Ok(()),
                Err(SubmitError::Overloaded { .. }) => {}
                Err(SubmitError::Stopped) => return Err(Stopped),
                Err(error) => {
                    tracing::error!(%error, ?command, "a report was refused");
                    return Ok(());
                }
            }
        }
    }
}

/// Turns a report into the command that puts it on record.
pub fn command(observation: Observation) -> Command {
    match observation {
        Observation::Started { run, pid, started_at, ports } => {
            let (id, incarnation) = (run.container, run.incarnation);
            let started = ObserveStarted { id, incarnation, pid, started_at };
            if ports.is_empty() {
                ContainerCommand::from(started).into()
            } else {
                ContainerCommand::from(ObserveStartedWith { started, ports }).into()
            }
        }
        Observation::StartFailed { run, error } => ContainerCommand::from(ObserveStartFailure {
            id: run.container,
            incarnation: run.incarnation,
            exit_code: error.exit_code,
            message: error.message,
        })
        .into(),
        Observation::Exited { run, exit_code, oom_killed, finished_at, error } => {
            ContainerCommand::from(ObserveExit {
                id: run.container,
                incarnation: run.incarnation,
                exit_code,
                oom_killed,
                finished_at,
                error,
            })
            .into()
        }
        Observation::Lost { run, reason } => ContainerCommand::from(ObserveLost {
            id: run.container,
            incarnation: run.incarnation,
            reason,
        })
        .into(),
        Observation::ExecStarted { exec, pid } => {
            ExecCommand::from(ObserveExecStarted { id: exec, pid }).into()
        }
        Observation::ExecStartFailed { exec, error } => {
            ExecCommand::from(ObserveExecStartFailure {
                id: exec,
                exit_code: error.exit_code,
                message: error.message,
            })
            .into()
        }
        Observation::ExecExited { exec, exit_code, error } => {
            ExecCommand::from(ObserveExecExit { id: exec, exit_code, error }).into()
        }
    }
}
