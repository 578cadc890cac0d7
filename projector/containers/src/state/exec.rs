//! An exec as the log tells it.

use std::sync::Arc;

use journal_domain::{ContainerId, ExecId, ExecSpec, SealedEnvironment, TerminalSize};
use journal_log::Timestamp;
use serde::{Deserialize, Serialize};

/// An exec: what it shall be and where it is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exec {
    /// Its identity.
    pub id: ExecId,
    /// Its container.
    pub container: ContainerId,
    /// The container's run that it belongs to; it ends with that.
    pub incarnation: u32,
    /// What it shall be.
    pub spec: Arc<ExecSpec>,
    /// The values of variables that stand without them there.
    pub sealed_environment: Option<Arc<SealedEnvironment>>,
    /// Where it is in its life.
    pub phase: ExecPhase,
    /// The terminal's size as last asked for.
    pub size: Option<TerminalSize>,
    /// Whether that size is still to be set.
    pub pending_resize: bool,
}

/// Where an exec is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExecPhase {
    /// It never ran.
    Created,
    /// It shall run.
    Starting {
        /// Whether the client does not wait for it.
        detach: bool,
    },
    /// Its process runs.
    Running {
        /// Its process on the host.
        pid: u32,
    },
    /// It could not be started.
    Failed {
        /// 126 or 127.
        exit_code: i64,
        /// The cause.
        message: String,
        /// When that was known.
        at: Timestamp,
    },
    /// Its process ended.
    Exited {
        /// The exit status.
        exit_code: i64,
        /// What went wrong; empty where nothing did.
        error: String,
        /// When that was known.
        at: Timestamp,
    },
}

// === impl Exec ===

impl Exec {
    /// Tells whether a backend still has to do something for it.
    pub const fn has_work(&self) -> bool {
        match self.phase {
            ExecPhase::Starting { .. } => true,
            ExecPhase::Running { .. } => self.pending_resize,
            ExecPhase::Created | ExecPhase::Failed { .. } | ExecPhase::Exited { .. } => false,
        }
    }

    /// Gives the time since which it is over.
    pub const fn ended_at(&self) -> Option<Timestamp> {
        match self.phase {
            ExecPhase::Failed { at, .. } | ExecPhase::Exited { at, .. } => Some(at),
            ExecPhase::Created | ExecPhase::Starting { .. } | ExecPhase::Running { .. } => None,
        }
    }

    /// Gives the exit status, once there is one.
    pub const fn exit_code(&self) -> Option<i64> {
        match self.phase {
            ExecPhase::Failed { exit_code, .. } | ExecPhase::Exited { exit_code, .. } => {
                Some(exit_code)
            }
            ExecPhase::Created | ExecPhase::Starting { .. } | ExecPhase::Running { .. } => None,
        }
    }
}
