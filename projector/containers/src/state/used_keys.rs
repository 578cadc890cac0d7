//! Keys under which clients asked for something once, and what each stands for.

use journal_domain::{ContainerId, Digest};
use journal_log::Timestamp;
use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};
use serde::{Deserialize, Serialize};

/// The keys that are remembered.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct UsedKeys {
    by_key: RedBlackTreeMapSync<Digest, UsedKey>,
    by_time: RedBlackTreeSetSync<(Timestamp, Digest)>,
}

/// What a key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedKey {
    /// A hash of what was asked.
    pub request: Digest,
    /// The container that came of it; it may be gone by now.
    pub container: ContainerId,
    /// When the key was used.
    pub at: Timestamp,
}

// === impl UsedKeys ===

impl UsedKeys {
    /// Gives what a key stands for.
    pub fn get(&self, key: &Digest) -> Option<&UsedKey> {
        self.by_key.get(key)
    }

    /// Goes through the keys by their time, the oldest first.
    pub(crate) fn oldest_first(&self) -> impl Iterator<Item = &(Timestamp, Digest)> {
        self.by_time.iter()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Digest, &UsedKey)> {
        self.by_key.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.by_key.size()
    }

    pub(crate) fn keep(&mut self, key: Digest, used: UsedKey) {
        self.by_time.insert_mut((used.at, key));
        self.by_key.insert_mut(key, used);
    }

    pub(crate) fn forget(&mut self, key: &Digest) {
        let Some(used) = self.by_key.get(key).copied() else { return };
        self.by_key.remove_mut(key);
        self.by_time.remove_mut(&(used.at, *key));
    }
}
