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

/// The last containers that went.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Tombstones {
    by_id: RedBlackTreeMapSync<ContainerId, Tombstone>,
    order: QueueSync<ContainerId>,
}

/// A container that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// Its last end, if it ever ran to one.
    pub last_exit: Option<ExitReport>,
}

// === impl Tombstones ===

impl Tombstones {
    /// Gives what is remembered of a container.
    pub fn get(&self, id: &ContainerId) -> Option<&Tombstone> {
        self.by_id.get(id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&ContainerId, &Tombstone)> {
        self.by_id.iter()
    }

    pub(crate) fn bury(&mut self, id: ContainerId, tombstone: Tombstone) {
        self.by_id.insert_mut(id, tombstone);
        self.order.enqueue_mut(id);
        if self.order.len() > TOMBSTONES_MAX {
            if let Some(oldest) = self.order.peek().copied() {
                self.by_id.remove_mut(&oldest);
            }
            self.order.dequeue_mut();
        }
    }
}
