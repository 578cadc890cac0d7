//! Programs added to a running container.

use serde::{Deserialize, Serialize};

use crate::Process;

/// A program to add.
///
/// It gets the container's system call filter, whatever its capabilities are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecSpec {
    /// The program.
    pub process: Process,
    /// Which descriptors come with the call; unused with a terminal.
    #[serde(default)]
    pub stdio: ExecStdio,
}

/// Which standard streams of an exec come with the call, in this order; the others are `/dev/null`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExecStdio {
    /// A read end comes for standard input.
    pub stdin: bool,
    /// A write end comes for standard output.
    pub stdout: bool,
    /// A write end comes for standard error.
    pub stderr: bool,
}

impl ExecStdio {
    /// Returns how many descriptors come with the call.
    pub fn count(self) -> usize {
        usize::from(self.stdin) + usize::from(self.stdout) + usize::from(self.stderr)
    }
}

/// What became of an exec, as far as the shim still knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecState {
    /// The exec's id.
    pub exec_id: String,
    /// Its process id as the host sees it.
    pub pid: u32,
    /// Its end, once it has ended.
    pub exit: Option<ExecExit>,
}

/// The end of an exec.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecExit {
    /// The exec's id.
    pub exec_id: String,
    /// The exit code; 128 and the signal's number for a program that a signal ended.
    pub code: i32,
    /// When it ended, in nanoseconds since the Unix epoch.
    pub finished_at_nanos: u64,
}
