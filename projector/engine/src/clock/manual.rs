//! A clock that stands still until it is moved.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use journal_log::Timestamp;

use super::{Clock, Wake};

/// A clock for tests and simulation: it is moved by hand, and wakes the engine then.
pub struct ManualClock {
    inner: Mutex<Inner>,
}

struct Inner {
    now: Timestamp,
    wakes: Vec<Wake>,
}

impl ManualClock {
    /// Stands at `now`.
    pub const fn new(now: Timestamp) -> Self {
        Self { inner: Mutex::new(Inner { now, wakes: Vec::new() }) }
    }

    /// Moves the clock on by `span`.
    pub fn advance(&self, span: Duration) {
        let now = self.now();
        self.set(now.saturating_add(span));
    }

    /// Sets the clock, also back.
    pub fn set(&self, now: Timestamp) {
        let mut inner = self.inner();
        inner.now = now;
        let wakes = inner.wakes.clone();
        drop(inner);
        for wake in wakes {
            wake();
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.inner().now
    }

    fn on_advance(&self, wake: Wake) {
        self.inner().wakes.push(wake);
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ManualClock({})", self.now())
    }
}
