//! Commands about execs.

use std::sync::Arc;

use journal_log::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ExecId, ExecOption, ExecSpec, TerminalSize, registry::payloads};

payloads! {
    /// A command about an exec.
    pub enum ExecCommand {
        /// `POST /containers/{id}/exec`.
        0x0131 v 1 => Create(CreateExec),
        /// `POST /exec/{id}/start`.
        0x0132 v 1 => Start(StartExec),
        /// `POST /exec/{id}/resize`.
        0x0133 v 1 => Resize(ResizeExec),
        /// Ended execs were kept long enough.
        0x0138 v 1 => Forget(ForgetExecs),
        /// A backend has started it.
        0x0139 v 1 => ObserveStarted(ObserveExecStarted),
        /// A backend could not start it.
        0x013a v 1 => ObserveStartFailure(ObserveExecStartFailure),
        /// Its process ended.
        0x013b v 1 => ObserveExit(ObserveExecExit),
        /// The terminal has its new size.
        0x013c v 1 => ObserveResize(ObserveExecResize),
        /// `POST /containers/{id}/exec` with options.
        0x01b2 v 1 => CreateWith(CreateExecWith),
        /// `POST /libpod/exec/{id}/remove`.
        0x01b3 v 1 => Remove(RemoveExec),
    }
}

/// Asks for a new exec.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateExec {
    /// Its identity, made by the caller.
    pub id: ExecId,
    /// The container, as the client wrote it.
    pub target: String,
    /// What it shall be.
    pub spec: Arc<ExecSpec>,
}

/// Asks for a new exec that has options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateExecWith {
    /// The exec.
    pub create: CreateExec,
    /// Its options.
    pub options: Vec<ExecOption>,
}

/// Asks for an exec to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartExec {
    /// Which exec, as the client wrote it.
    pub target: String,
    /// Whether the client does not wait for it.
    pub detach: bool,
    /// The terminal's size, where the client says it only now.
    pub console_size: Option<TerminalSize>,
}

/// Tells the size of the client's window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResizeExec {
    /// Which exec, as the client wrote it.
    pub target: String,
    /// The new size.
    pub size: TerminalSize,
}

/// Asks that an exec that does not run be forgotten at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoveExec {
    /// Which exec, as the client wrote it.
    pub target: String,
}

/// Tells that execs that ended by `ended_before` may be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgetExecs {
    /// The latest end to be forgotten.
    pub ended_before: Timestamp,
}

/// Tells that an exec has started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveExecStarted {
    /// The exec.
    pub id: ExecId,
    /// Its process on the host.
    pub pid: u32,
}

/// Tells that an exec could not be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveExecStartFailure {
    /// The exec.
    pub id: ExecId,
    /// 127 where the program is not there, 126 for any other cause.
    pub exit_code: i64,
    /// The cause, in Docker's words where it has some.
    pub message: String,
}

/// Tells that an exec's process ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveExecExit {
    /// The exec.
    pub id: ExecId,
    /// The exit status, 128 and the signal's number where a signal ended it.
    pub exit_code: i64,
    /// What went wrong in holding it; empty where nothing did.
    pub error: String,
}

/// Tells that a terminal has the size that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObserveExecResize {
    /// The exec.
    pub id: ExecId,
    /// The size.
    pub size: TerminalSize,
    /// Why it could not be set; empty where it was.
    pub error: String,
}
