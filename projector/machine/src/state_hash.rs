//! Hashes of states that do not depend on the insides of their maps.

use journal_log::{EncodeError, codec};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Makes a SHA-256 over the parts of a state, each with its name and the lengths of its entries.
///
/// Names and lengths are hashed too, so that no two different states are the same bytes.
#[derive(Debug, Clone, Default)]
pub struct StateHasher {
    hasher: Sha256,
}

impl StateHasher {
    /// Begins without parts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a part of one value.
    ///
    /// Fails where the value is over the codec's limit, [`BODY_BYTES_MAX`](journal_log::BODY_BYTES_MAX).
    pub fn value<T: Serialize>(&mut self, name: &str, value: &T) -> Result<(), EncodeError> {
        self.ordered(name, [value])
    }

    /// Adds a part whose entries always come in the same order, as those of a list or a sorted map do.
    ///
    /// Fails where an entry is over the codec's limit.
    pub fn ordered<T: Serialize>(
        &mut self,
        name: &str,
        entries: impl IntoIterator<Item = T>,
    ) -> Result<(), EncodeError> {
        self.begin(name);
        let mut count: u64 = 0;
        for entry in entries {
            self.bytes(&codec::encode(&entry)?);
            count += 1;
        }
        self.end(count);
        Ok(())
    }

    /// Adds a part whose entries come in any order, as those of a hash map do. They are sorted by their bytes.
    ///
    /// Fails where an entry is over the codec's limit.
    pub fn unordered<T: Serialize>(
        &mut self,
        name: &str,
        entries: impl IntoIterator<Item = T>,
    ) -> Result<(), EncodeError> {
        let encoded: Result<Vec<_>, _> =
            entries.into_iter().map(|entry| codec::encode(&entry)).collect();
        let mut encoded = encoded?;
        encoded.sort_unstable();
        self.begin(name);
        for entry in &encoded {
            self.bytes(entry);
        }
        self.end(encoded.len() as u64);
        Ok(())
    }

    /// Returns the hash of all parts.
    pub fn finish(self) -> [u8; 32] {
        self.hasher.finalize().into()
    }

    fn begin(&mut self, name: &str) {
        self.bytes(name.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.hasher.update((bytes.len() as u64).to_le_bytes());
        self.hasher.update(bytes);
    }

    // No entry is as long as this mark says, so an end never looks like one more entry.
    fn end(&mut self, count: u64) {
        self.hasher.update(u64::MAX.to_le_bytes());
        self.hasher.update(count.to_le_bytes());
    }
}

#[cfg(test)]
mod tests;
