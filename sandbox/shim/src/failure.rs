//! Why a program did not start, in the words Docker's users know.

use serde::{Deserialize, Serialize};

/// Why a program did not start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{reason}")]
pub struct StartFailure {
    /// The exit code Docker gives such a failure: 127 not found, 126 cannot be run, 128 anything else.
    pub code: i32,
    /// The innermost words, such as `exec: "nosuch": executable file not found in $PATH`.
    pub reason: String,
    /// Who says so on a Docker host; decides what [`Self::docker_text`] puts round the reason.
    pub origin: FailureOrigin,
}

/// Which part of a Docker host reports a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureOrigin {
    /// The daemon, before any runtime is called: its words stand alone.
    Daemon,
    /// The runtime, starting the container.
    Create,
    /// The runtime, adding an exec.
    Exec,
}

impl StartFailure {
    /// Returns the whole text of Docker's error message.
    pub fn docker_text(&self) -> String {
        let reason = &self.reason;
        match self.origin {
            FailureOrigin::Daemon => reason.clone(),
            FailureOrigin::Create => format!(
                "failed to create task for container: failed to create shim task: OCI runtime create failed: \
                 runc create failed: unable to start container process: {reason}: unknown"
            ),
            FailureOrigin::Exec => format!(
                "OCI runtime exec failed: exec failed: unable to start container process: {reason}: unknown"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
