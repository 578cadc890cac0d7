//! What is remembered for a while of containers that are gone.

use journal_domain::ContainerId;
use rpds::{QueueSync, RedBlackTreeMapSync};
use serde::{Deserialize, Serialize};

use super::container::ExitReport;

/// Containers that are remembered after they went.
///
/// A client that waits for an end or a removal looks here once the container is gone; it has looked at the
/// state before, so only as many matter as can go between two looks.
const TOMBSTONES_MAX: usize = 4096;

/// How the last containers that went had ended. Of one that never ran there is nothing to remember.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Tombstones {
    by_id: RedBlackTreeMapSync<ContainerId, ExitReport>,
    order: QueueSync<ContainerId>,
}

// === impl Tombstones ===

impl Tombstones {
    /// Gives the last end of a container that is gone; none where it never ran, or went too long ago.
    pub fn last_exit(&self, id: &ContainerId) -> Option<&ExitReport> {
        self.by_id.get(id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&ContainerId, &ExitReport)> {
        self.by_id.iter()
    }

    pub(crate) fn bury(&mut self, id: ContainerId, last_exit: ExitReport) {
        self.by_id.insert_mut(id, last_exit);
        self.order.enqueue_mut(id);
        if self.order.len() > TOMBSTONES_MAX {
            if let Some(oldest) = self.order.peek().copied() {
                self.by_id.remove_mut(&oldest);
            }
            self.order.dequeue_mut();
        }
    }
}
