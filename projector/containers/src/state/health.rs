//! A container's health as its probes have told it.

use std::time::Duration;

use journal_domain::{HealthCheck, HealthStatus, ProbeResult};
use journal_log::Timestamp;
use serde::{Deserialize, Serialize};

/// Results that are kept: as many as Docker shows.
pub(crate) const RESULTS_MAX: usize = 5;

/// Docker's pause between two probes.
const INTERVAL: Duration = Duration::from_secs(30);

/// Docker's pause between two probes within the start period.
const START_INTERVAL: Duration = Duration::from_secs(5);

/// The health of a container that has a probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerHealth {
    /// How it is.
    pub status: HealthStatus,
    /// How many probes in a row have failed.
    pub failing_streak: u32,
    /// The last results, the oldest first.
    pub results: Vec<ProbeResult>,
    /// How many probes were asked for; the number of the last one.
    pub probes: u32,
    /// When the last one was asked for, while it is under way.
    pub pending: Option<Timestamp>,
    /// When the next one is due, while none is under way.
    pub(crate) due: Option<Timestamp>,
}

// === impl ContainerHealth ===

impl ContainerHealth {
    /// The health of a container that has just been started, after what was known of earlier runs.
    pub(crate) fn of_start(before: Option<&Self>) -> Self {
        Self {
            status: HealthStatus::Starting,
            failing_streak: 0,
            results: before.map(|before| before.results.clone()).unwrap_or_default(),
            probes: before.map_or(0, |before| before.probes),
            pending: None,
            due: None,
        }
    }

    /// Gives the pause before the next probe of a run that has gone on for a while.
    pub(crate) fn pause(&self, check: &HealthCheck, ran: Duration) -> Duration {
        let or = |said: Duration, default| if said.is_zero() { default } else { said };
        if self.status == HealthStatus::Starting && ran < check.start_period {
            or(check.start_interval, START_INTERVAL)
        } else {
            or(check.interval, INTERVAL)
        }
    }
}
