//! What is remembered for a while of containers that are gone.

use journal_domain::ContainerId;
use rpds::{QueueSync, RedBlackTreeMapSync};
use serde::{Deserialize, Serialize};

use super::container::Container;

/// Containers that are remembered after they went.
///
/// A client that waits for an end or a removal looks here once the container is gone; it has looked at the
/// state before, so only as many matter as can go between two looks.
const TOMBSTONES_MAX: usize = 4096;

/// How the last containers that went had ended. Of one that nobody started there is nothing to remember.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Tombstones {
    by_id: RedBlackTreeMapSync<ContainerId, LastEnd>,
    order: QueueSync<ContainerId>,
}

/// How a container ended, or could not begin, for the last time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastEnd {
    /// The exit status.
    pub exit_code: i64,
    /// What went wrong; empty where nothing did.
    pub error: String,
    /// The last run that began; zero where none did.
    pub last_run: u32,
}

// === impl Tombstones ===

impl Tombstones {
    /// Gives the last end of a container that is gone; none where nobody started it, or it went too long ago.
    pub fn last_end(&self, id: &ContainerId) -> Option<&LastEnd> {
        self.by_id.get(id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&ContainerId, &LastEnd)> {
        self.by_id.iter()
    }

    pub(crate) fn bury(&mut self, container: &Container) {
        let Some(end) = LastEnd::of(container) else { return };
        let id = container.id;
        self.by_id.insert_mut(id, end);
        self.order.enqueue_mut(id);
        if self.order.len() > TOMBSTONES_MAX {
            if let Some(oldest) = self.order.peek().copied() {
                self.by_id.remove_mut(&oldest);
            }
            self.order.dequeue_mut();
        }
    }
}

// === impl LastEnd ===

impl LastEnd {
    fn of(container: &Container) -> Option<Self> {
        let report = container.last_exit.as_ref();
        let last_run = report.map_or(0, |report| report.incarnation);
        let (exit_code, error) = match container.start_failure() {
            Some(failure) => (failure.exit_code, &failure.message),
            None => report.map(|report| (report.exit_code, &report.error))?,
        };
        Some(Self { exit_code, error: error.clone(), last_run })
    }
}
