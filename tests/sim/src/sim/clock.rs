//! The clock of the simulated host: it may be wrong.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use journal_log::Timestamp;
use projector_engine::Clock;

/// A clock that is set by the simulation.
///
/// Where it is set back it goes on at half its pace until the two meet, as the product's own does.
#[derive(Debug)]
pub(super) struct SimClock {
    nanos: AtomicU64,
    wrong_by_nanos: AtomicI64,
    /// What it told last, and the true time then.
    told_nanos: AtomicU64,
    told_at_nanos: AtomicU64,
}

// === impl SimClock ===

impl SimClock {
    pub(super) const fn new(now: Timestamp) -> Self {
        let nanos = now.as_unix_nanos();
        Self {
            nanos: AtomicU64::new(nanos),
            wrong_by_nanos: AtomicI64::new(0),
            told_nanos: AtomicU64::new(nanos),
            told_at_nanos: AtomicU64::new(nanos),
        }
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
        let nanos = self.nanos.load(Ordering::Relaxed);
        let told = self.told_nanos.load(Ordering::Relaxed);
        let since = nanos.saturating_sub(self.told_at_nanos.load(Ordering::Relaxed));
        let wall = nanos.saturating_add_signed(wrong_by);
        let now = if wall < told { wall.max(told.saturating_add(since / 2)) } else { wall };
        self.told_nanos.store(now, Ordering::Relaxed);
        self.told_at_nanos.store(nanos, Ordering::Relaxed);
        Timestamp::from_unix_nanos(now)
    }
}
