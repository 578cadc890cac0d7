//! A backend that is down, or whose answers get lost.

use super::FakeBackend;
use crate::EffectError;

/// What every effect fails with for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// What the caller is told.
    pub reason: String,
    /// Whether the effect happens all the same, and only the answer is lost.
    pub happens: bool,
}

/// Effects that were asked for, and whether they work.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) outage: Option<Outage>,
    pub(super) calls: u64,
}

// === impl Line ===

impl Line {
    /// Counts a call; gives what becomes of it.
    pub(super) fn call(&mut self) -> Option<Outage> {
        self.calls += 1;
        self.outage.clone()
    }
}

// === impl Outage ===

impl Outage {
    /// Tells whether an effect happens.
    pub(super) fn lets_happen(outage: Option<&Self>) -> bool {
        outage.is_none_or(|outage| outage.happens)
    }

    /// Gives what the caller is told.
    pub(super) fn answer(outage: Option<Self>) -> Result<(), EffectError> {
        outage.map_or(Ok(()), |outage| Err(EffectError::Failed(outage.reason)))
    }
}

// === impl FakeBackend ===

impl FakeBackend {
    /// Has every effect fail, or work again.
    pub fn set_outage(&self, outage: Option<Outage>) {
        self.world().line.outage = outage;
    }
}
