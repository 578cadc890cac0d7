//! What backends report.

use journal_domain::{BoundPort, ContainerId, ExecId};
use journal_log::Timestamp;
use tokio::sync::mpsc;

use crate::{RunId, StartError};

/// Something that happened outside, and on which a decision or an answer depends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observation {
    /// A run has started.
    Started {
        /// The run.
        run: RunId,
        /// Its main process on the host.
        pid: u32,
        /// When it started.
        started_at: Timestamp,
        /// Ports of the host that lead to it.
        ports: Vec<BoundPort>,
    },
    /// A run could not be started.
    StartFailed {
        /// The run.
        run: RunId,
        /// Why.
        error: StartError,
    },
    /// A run ended.
    Exited {
        /// The run.
        run: RunId,
        /// The exit status, 128 and the signal's number where a signal ended it.
        exit_code: i64,
        /// Whether the kernel killed it for want of memory.
        oom_killed: bool,
        /// When it ended.
        finished_at: Timestamp,
        /// What went wrong in holding it; empty where nothing did.
        error: String,
    },
    /// A run is gone and nobody saw its end.
    Lost {
        /// The run.
        run: RunId,
        /// What is known.
        reason: String,
    },
    /// An exec has started.
    ExecStarted {
        /// The exec.
        exec: ExecId,
        /// Its process on the host.
        pid: u32,
    },
    /// An exec could not be started.
    ExecStartFailed {
        /// The exec.
        exec: ExecId,
        /// Why.
        error: StartError,
    },
    /// An exec ended.
    ExecExited {
        /// The exec.
        exec: ExecId,
        /// The exit status, 128 and the signal's number where a signal ended it.
        exit_code: i64,
        /// What went wrong in holding it; empty where nothing did.
        error: String,
    },
}

/// A container that has left a trace on a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The container.
    pub container: ContainerId,
    /// Its last run; absent where there are only files.
    pub run: Option<FoundRun>,
    /// Execs of that run that the backend knows of.
    pub execs: Vec<FoundExec>,
    /// Whether the run is known to be of this log, and of no other: by the effect that is kept with it, say.
    pub own: bool,
}

/// A run that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundRun {
    /// It runs.
    Running {
        /// Its number.
        incarnation: u32,
        /// Its main process on the host.
        pid: u32,
        /// When it started.
        started_at: Timestamp,
        /// Ports of the host that lead to it.
        ports: Vec<BoundPort>,
    },
    /// It ended, or could not be started.
    Ended {
        /// Its number.
        incarnation: u32,
        /// What would have been reported.
        report: Observation,
    },
}

/// An exec that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundExec {
    /// The exec.
    pub exec: ExecId,
    /// Its process on the host; absent once it has ended.
    pub pid: Option<u32>,
    /// The exit status, once it has ended.
    pub exit_code: Option<i64>,
}

/// Reports on their way to the reconciler.
///
/// Each stands for a process that began or ended; 1024 is more than a host starts in a second, and a backend
/// that has to wait only holds its own watchers up.
const OBSERVATIONS_MAX: usize = 1024;

/// The end that a backend reports into.
pub type ObservationSender = mpsc::Sender<Observation>;

/// The end that the reconciler reads from.
pub type ObservationReceiver = mpsc::Receiver<Observation>;

/// Makes the way from a backend to the reconciler.
pub fn observations() -> (ObservationSender, ObservationReceiver) {
    mpsc::channel(OBSERVATIONS_MAX)
}
