//! Measuring how long something took: the only place of this crate that reads a clock of its own.

use std::time::{Duration, Instant};

/// Time since a start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

// === impl Stopwatch ===

impl Stopwatch {
    /// Starts.
    #[expect(clippy::disallowed_methods, reason = "only the pace of the writer comes of it")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// Gives the time since the start.
    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
