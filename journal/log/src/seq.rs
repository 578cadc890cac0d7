//! The place of a record in the journal.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A record's sequence number: gapless, counted from [`Seq::FIRST`].
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seq(u64);

impl Seq {
    /// Stands before the first record: the head of an empty journal.
    pub const GENESIS: Self = Self(0);
    /// The first record's number.
    pub const FIRST: Self = Self(1);
    /// After every record that can be.
    pub const LAST: Self = Self(u64::MAX);

    /// Names the place `number`.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Returns the place after this one. It stays at `u64::MAX`, which no journal reaches.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Returns the place before this one; genesis stays genesis.
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
