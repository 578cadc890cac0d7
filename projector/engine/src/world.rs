//! The state at a point of the log.

use std::fmt;

use journal_log::{Seq, Timestamp};
use projector_machine::Machine;

/// The state after a record: immutable, published whole, cheap to hold.
pub struct World<M: Machine> {
    /// The last record that is folded into the state.
    pub seq: Seq,
    /// That record's time.
    pub at: Timestamp,
    /// The fold of all events up to there.
    pub state: M::State,
}

impl<M: Machine> World<M> {
    /// Returns the world before the first record.
    pub fn genesis() -> Self {
        Self { seq: Seq::GENESIS, at: Timestamp::ZERO, state: M::State::default() }
    }
}

impl<M: Machine> Clone for World<M> {
    fn clone(&self) -> Self {
        Self { seq: self.seq, at: self.at, state: self.state.clone() }
    }
}

impl<M: Machine> fmt::Debug for World<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("seq", &self.seq)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}
