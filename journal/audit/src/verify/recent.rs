//! Roots of some records ago: a seal signs what was there when it was made, and stands a little behind it.

use std::collections::VecDeque;

use journal_log::TreeHash;

use crate::frontier::Frontier;

/// Records that a seal may stand behind what it covers.
///
/// The server signs what is durable and appends the seal at once: some groups may come between, of 512 records at most.
const BEHIND_MAX: usize = 64 << 10;

/// An edge of some records ago, and the leaves since.
pub(super) struct Recent {
    before: Frontier,
    leaves: VecDeque<TreeHash>,
}

impl Recent {
    pub(super) fn new(frontier: Frontier) -> Self {
        Self { before: frontier, leaves: VecDeque::new() }
    }

    pub(super) fn push(&mut self, leaf: TreeHash) {
        if self.leaves.len() == BEHIND_MAX
            && let Some(oldest) = self.leaves.pop_front()
        {
            self.before.push(oldest);
        }
        self.leaves.push_back(leaf);
    }

    /// Returns the root over the first `size` records; `None` where that is too long ago, or was never.
    ///
    /// The seals come in order, so what is before the one that is asked for is not needed again.
    pub(super) fn root_at(&mut self, size: u64) -> Option<TreeHash> {
        let ahead = usize::try_from(size.checked_sub(self.before.size())?).ok()?;
        if ahead > self.leaves.len() {
            return None;
        }
        self.leaves.drain(..ahead).for_each(|leaf| self.before.push(leaf));
        Some(self.before.root())
    }
}
