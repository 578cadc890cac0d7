//! What shall happen at a time: derived from the events, so a restart knows it again.

use journal_domain::ContainerId;
use journal_log::Timestamp;
use rpds::RedBlackTreeSetSync;
use serde::{Deserialize, Serialize};

/// Deadlines in the order of their time.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Timers {
    deadlines: RedBlackTreeSetSync<(Timestamp, TimerKey)>,
}

/// What a deadline is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TimerKey {
    /// A stop of a container's run waited long enough.
    Stop(ContainerId, u32),
    /// The pause after a container's run is over, and the next one follows.
    Restart(ContainerId, u32),
    /// The pause before the next probe of a run's health is over.
    Probe(ContainerId, u32),
}

// === impl Timers ===

impl Timers {
    pub(crate) fn set(&mut self, at: Timestamp, key: TimerKey) {
        self.deadlines.insert_mut((at, key));
    }

    pub(crate) fn clear(&mut self, at: Timestamp, key: TimerKey) {
        self.deadlines.remove_mut(&(at, key));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Timestamp, TimerKey)> {
        self.deadlines.iter()
    }

    /// Gives the earliest deadline.
    pub fn next(&self) -> Option<(Timestamp, TimerKey)> {
        self.deadlines.first().copied()
    }
}
