//! When a container runs again by itself.

use serde::{Deserialize, Serialize};

/// When a run that ended is followed by another one (`HostConfig.RestartPolicy`). Docker's `no` is no policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RestartPolicy {
    /// Whatever its end, until a client stops it; at the start of a server even then.
    Always,
    /// Whatever its end, until a client stops it.
    UnlessStopped,
    /// After an exit status other than zero.
    OnFailure {
        /// How many runs may follow one another; as many as it takes where it is zero.
        retries_max: u32,
    },
}

// === impl RestartPolicy ===

impl RestartPolicy {
    /// Gives Docker's word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::UnlessStopped => "unless-stopped",
            Self::OnFailure { .. } => "on-failure",
        }
    }

    /// Gives how many runs may follow one another; zero where there is no limit.
    pub const fn retries_max(self) -> u32 {
        match self {
            Self::Always | Self::UnlessStopped => 0,
            Self::OnFailure { retries_max } => retries_max,
        }
    }
}
