//! What happened to execs.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{ContainerId, ExecId, ExecOption, ExecSpec, TerminalSize, registry::payloads};

payloads! {
    /// An event of an exec.
    pub enum ExecEvent {
        /// It is there.
        0x0231 v 1 => Created(ExecCreated),
        /// It shall run.
        0x0232 v 1 => StartRequested(ExecStartRequested),
        /// It runs.
        0x0233 v 1 => Started(ExecStarted),
        /// It could not be started.
        0x0234 v 1 => StartFailed(ExecStartFailed),
        /// Its process ended.
        0x0235 v 1 => Exited(ExecExited),
        /// The terminal shall have another size.
        0x0236 v 1 => ResizeRequested(ExecResizeRequested),
        /// The terminal has another size.
        0x0237 v 1 => Resized(ExecResized),
        /// They ended some time ago and left the state.
        0x0238 v 1 => Forgotten(ExecsForgotten),
        /// It has options.
        0x02b2 v 1 => OptionsSet(ExecOptionsSet),
    }
}

/// An exec is there; nothing runs yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecCreated {
    /// The exec.
    pub id: ExecId,
    /// Its container.
    pub container: ContainerId,
    /// The container's run.
    pub incarnation: u32,
    /// What it shall be.
    pub spec: Arc<ExecSpec>,
}

/// An exec shall run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecStartRequested {
    /// The exec.
    pub id: ExecId,
    /// Whether the client does not wait for it.
    pub detach: bool,
    /// The terminal's size.
    pub console_size: Option<TerminalSize>,
}

/// An exec has started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecStarted {
    /// The exec.
    pub id: ExecId,
    /// Its process on the host.
    pub pid: u32,
}

/// An exec could not be started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecStartFailed {
    /// The exec.
    pub id: ExecId,
    /// 126 or 127.
    pub exit_code: i64,
    /// The cause.
    pub message: String,
}

/// An exec's process ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecExited {
    /// The exec.
    pub id: ExecId,
    /// The exit status.
    pub exit_code: i64,
    /// What went wrong; empty where nothing did.
    pub error: String,
}

/// A terminal shall have another size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecResizeRequested {
    /// The exec.
    pub id: ExecId,
    /// The size.
    pub size: TerminalSize,
}

/// A terminal has another size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecResized {
    /// The exec.
    pub id: ExecId,
    /// The size.
    pub size: TerminalSize,
    /// Why it could not be set; empty where it was.
    pub error: String,
}

/// Ended execs left the state; they stay in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecsForgotten {
    /// The execs.
    pub ids: Vec<ExecId>,
}

/// An exec that was created has options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecOptionsSet {
    /// The exec.
    pub id: ExecId,
    /// The options; those of before are gone.
    pub options: Vec<ExecOption>,
}
