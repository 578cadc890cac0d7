//! The hybrid logical clock: wall time that never goes back inside one journal.
//!
//! 48 bits of milliseconds since the Unix epoch and 16 bits of count. Each record's value is higher than the
//! one before, also where the wall clock jumped back or many records fall into one millisecond.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Bits of the count below the milliseconds.
const COUNT_BITS: u32 = 16;

/// A hybrid logical time, strictly increasing from record to record.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Hlc(u64);

impl Hlc {
    /// Before any record.
    pub const ZERO: Self = Self(0);

    /// Takes the value as it stands in a header.
    pub const fn new(bits: u64) -> Self {
        Self(bits)
    }

    /// Returns the value as it stands in a header.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Returns the next value at wall time `now`: `now` where that is later, one count more where it is not.
    pub const fn tick(self, now: Timestamp) -> Self {
        let wall = (now.as_unix_nanos() / 1_000_000) << COUNT_BITS;
        if wall > self.0 { Self(wall) } else { Self(self.0.saturating_add(1)) }
    }

    /// Returns the wall time of this value, whole milliseconds.
    pub const fn wall(self) -> Timestamp {
        Timestamp::from_unix_nanos((self.0 >> COUNT_BITS).saturating_mul(1_000_000))
    }

    /// Returns the count within the millisecond.
    pub const fn count(self) -> u16 {
        (self.0 & 0xffff) as u16
    }
}

impl fmt::Display for Hlc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.wall(), self.count())
    }
}
