//! The clock that the engine is given.

mod manual;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use journal_log::Timestamp;

pub use self::manual::ManualClock;
use crate::stopwatch::Stopwatch;

/// What to call when a clock was moved.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Tells the time.
///
/// A clock may jump; the engine takes the later of it and the last record, so time never goes back in the log.
pub trait Clock: Send + Sync + 'static {
    /// Returns the wall time.
    fn now(&self) -> Timestamp;

    /// Is told once, at the start, how far the log's time has come.
    fn resume(&self, _last: Timestamp) {}

    /// Keeps `wake`, to be called whenever the clock is moved otherwise than by time going by.
    fn on_advance(&self, _wake: Wake) {}
}

/// The clock of the host.
///
/// Where the host's clock is set back, this one goes on at half its pace until the two meet: the timers of the
/// log still ring, and at most twice as late as they should.
#[derive(Debug)]
pub struct SystemClock {
    last: Mutex<(Timestamp, Stopwatch)>,
}

impl SystemClock {
    /// Begins with the host's time.
    pub fn new() -> Self {
        Self { last: Mutex::new((wall(), Stopwatch::start())) }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let now = slewed(wall(), *last);
        *last = (now, Stopwatch::start());
        now
    }

    fn resume(&self, resumed: Timestamp) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = (last.0.max(resumed), Stopwatch::start());
    }
}

/// Returns `wall`, or where that lies before what was told last, what was told last and half of the time since.
fn slewed(wall: Timestamp, (last, since): (Timestamp, Stopwatch)) -> Timestamp {
    if wall >= last { wall } else { last.saturating_add(since.elapsed() / 2) }
}

#[expect(clippy::disallowed_methods, reason = "the one place where the host's clock is read")]
fn wall() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    // A host whose clock stands before 1970 gets the epoch, and the log's own time from there.
    Timestamp::ZERO.saturating_add(since_epoch.unwrap_or_default())
}

#[cfg(test)]
mod tests;
