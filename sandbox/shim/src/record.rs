//! What a shim leaves on disk and on its standard output.

use serde::{Deserialize, Serialize};

use crate::{BoundPort, ExecExit, StartFailure};

/// The one line a shim writes to its standard output, after the record of the same is on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartReport {
    /// The program runs.
    Started(StartRecord),
    /// It does not; the shim is gone and has left an [`ExitRecord`] and nothing else.
    Failed(StartFailure),
}

/// `start.json`: there before the start is reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartRecord {
    /// The effect that asked for the start.
    pub effect_id: String,
    /// The process id of the container's pid 1 as the host sees it.
    pub pid: u32,
    /// The process id of the shim.
    pub shim_pid: u32,
    /// When the program was started, in nanoseconds since the Unix epoch.
    pub started_at_nanos: u64,
    /// What could not be granted as asked, a sentence each (a limit clamped to the host's and so on).
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Ports of the host that lead into it.
    #[serde(default)]
    pub ports: Vec<BoundPort>,
}

/// `exit.json`: there before the end is reported; synced where there was nobody to report it to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitRecord {
    /// The effect that asked for the start.
    pub effect_id: String,
    /// The exit code; 128 and the signal's number for a program that a signal ended.
    pub code: i32,
    /// The signal that ended the program.
    pub signal: Option<i32>,
    /// Whether the kernel killed a process of the container for want of memory.
    pub oom: bool,
    /// When the program was started, in nanoseconds since the Unix epoch; absent when it never ran.
    pub started_at_nanos: Option<u64>,
    /// When it ended, in nanoseconds since the Unix epoch.
    pub finished_at_nanos: u64,
    /// Why it never ran.
    pub failure: Option<StartFailure>,
    /// Execs whose ends nobody had fetched.
    #[serde(default)]
    pub execs: Vec<ExecExit>,
    /// Output bytes that could not be written to the log.
    #[serde(default)]
    pub lost_output_bytes: u64,
}
