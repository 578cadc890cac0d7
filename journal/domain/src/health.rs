//! Whether a container is well: the probe that tells, and what it told.

use std::time::Duration;

use journal_log::Timestamp;
use serde::{Deserialize, Serialize};

/// A health check (`Config.Healthcheck`). A time or count of zero is not said, and Docker's default holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// `NONE`, or `CMD` and a program, or `CMD-SHELL` and a line for the shell; nothing where only times are said.
    pub test: Vec<String>,
    /// The pause between two probes.
    pub interval: Duration,
    /// How long a probe may take.
    pub timeout: Duration,
    /// How long after the start failures do not count.
    pub start_period: Duration,
    /// The pause between two probes within the start period.
    pub start_interval: Duration,
    /// Failures in a row that make the container unhealthy.
    pub retries: u32,
    /// The image's own shell for `CMD-SHELL`; `/bin/sh -c` where it has none.
    pub shell: Vec<String>,
}

/// Docker's words for a container's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HealthStatus {
    /// No probe has been good yet, and not enough have been bad.
    Starting,
    /// The last probes were good enough.
    Healthy,
    /// The last probes were bad.
    Unhealthy,
}

/// One probe, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeResult {
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// Its exit status, zero for good; -1 where it could not run or took too long.
    pub exit_code: i64,
    /// What it wrote, cut.
    pub output: String,
}

// === impl HealthCheck ===

impl HealthCheck {
    /// Gives the program of a probe and its arguments; `None` where there is no probe.
    pub fn command(&self) -> Option<Vec<String>> {
        let (kind, rest) = self.test.split_first()?;
        match kind.as_str() {
            "CMD" if !rest.is_empty() => Some(rest.to_vec()),
            "CMD-SHELL" => {
                let shell = match self.shell.as_slice() {
                    [] => vec!["/bin/sh".to_owned(), "-c".to_owned()],
                    shell => shell.to_vec(),
                };
                Some(shell.into_iter().chain(rest.iter().cloned()).collect())
            }
            _ => None,
        }
    }
}

// === impl HealthStatus ===

impl HealthStatus {
    /// Gives Docker's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
        }
    }
}
