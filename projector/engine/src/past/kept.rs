//! The worlds that were asked for lately, so that a client that looks around at a point folds once.

use std::collections::VecDeque;
use std::sync::Arc;

use journal_log::{ChainVerifier, Seq};
use projector_machine::Machine;

use crate::World;
use crate::replay::Origin;

/// Worlds that are kept.
///
/// One command of a client asks a handful of times at one point, and a comparison is of two; a dozen lets several
/// people look around at once. Worlds folded from one another share what did not change.
const PAST_WORLDS_MAX: usize = 12;

/// Worlds of the past, the one that was asked for last in front.
pub(super) struct Kept<M: Machine> {
    worlds: VecDeque<(Arc<World<M>>, ChainVerifier)>,
}

impl<M: Machine> Kept<M> {
    pub(super) fn new() -> Self {
        Self { worlds: VecDeque::new() }
    }

    /// Returns the world at `seq`.
    pub(super) fn at(&mut self, seq: Seq) -> Option<Arc<World<M>>> {
        let index = self.worlds.iter().position(|(world, _)| world.seq == seq)?;
        let found = self.worlds.remove(index)?;
        let world = Arc::clone(&found.0);
        self.worlds.push_front(found);
        Some(world)
    }

    /// Returns the newest world before `seq`, to go on from.
    pub(super) fn before(&self, seq: Seq) -> Option<Origin<M>> {
        let older = self.worlds.iter().filter(|(world, _)| world.seq < seq);
        let (world, verifier) = older.max_by_key(|(world, _)| world.seq)?;
        Some(Origin { world: World::clone(world), verifier: *verifier })
    }

    /// Keeps `world`, and gives up the one that was not asked for the longest where there are too many.
    pub(super) fn keep(&mut self, world: Arc<World<M>>, verifier: ChainVerifier) {
        self.worlds.retain(|(kept, _)| kept.seq != world.seq);
        self.worlds.push_front((world, verifier));
        self.worlds.truncate(PAST_WORLDS_MAX);
    }
}
