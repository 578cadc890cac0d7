//! The clock of the simulated host: it may be wrong.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use journal_log::Timestamp;
use projector_engine::Clock;

/// A clock that is set by the simulation.
#[derive(Debug)]
pub(super) struct SimClock {
    nanos: AtomicU64,
    wrong_by_nanos: AtomicI64,
}

// === impl SimClock ===

impl SimClock {
    pub(super) const fn new(now: Timestamp) -> Self {
        Self { nanos: AtomicU64::new(now.as_unix_nanos()), wrong_by_nanos: AtomicI64::new(0) }
    }

    pub(super) fn set(&self, now: Timestamp) {
        self.nanos.store(now.as_unix_nanos(), Ordering::Relaxed);
    }

    /// Makes it wrong from now on.
    pub(super) fn set_wrong_by(&self, nanos: i64) {
        self.wrong_by_nanos.store(nanos, Ordering::Relaxed);
    }

    /// Sets it right.
    pub(super) fn set_right(&self) {
        self.set_wrong_by(0);
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        let wrong_by = self.wrong_by_nanos.load(Ordering::Relaxed);
        let nanos = self.nanos.load(Ordering::Relaxed).saturating_add_signed(wrong_by);
        Timestamp::from_unix_nanos(nanos)
    }
}
