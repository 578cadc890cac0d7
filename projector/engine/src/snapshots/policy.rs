//! How often a snapshot is made, and which are kept.

use std::collections::BTreeSet;
use std::time::Duration;

use journal_log::SnapshotManifest;

/// How often a snapshot is made, and which are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotPolicy {
    /// Records after which one is due.
    pub every_records: u64,
    /// Bytes of records after which one is due.
    pub every_bytes: u64,
    /// Time after which one is due, where there is a record to put into it.
    pub every: Duration,
    /// How many of the newest are kept; at least one is.
    pub keep_newest: usize,
    /// Of the older ones the first of each so many records is kept: they are the index of time travel.
    pub keep_spacing_records: u64,
}

impl Default for SnapshotPolicy {
    /// Bounds a replay to a tenth of a second, and any point in the log to the same.
    fn default() -> Self {
        Self {
            every_records: 50_000,
            every_bytes: 64 << 20,
            every: Duration::from_secs(600),
            // The newest may turn out bad at the next start, and the one before it too.
            keep_newest: 3,
            keep_spacing_records: 50_000,
        }
    }
}

impl SnapshotPolicy {
    /// Tells whether a snapshot is due after so many records and bytes, and so long after the last one.
    pub(super) fn is_due(&self, records: u64, size_bytes: u64, waited: Duration) -> bool {
        records >= self.every_records
            || size_bytes >= self.every_bytes
            || (records > 0 && waited >= self.every)
    }

    /// Returns what is to be given up of `manifests`, which come newest first.
    pub(super) fn surplus<'m>(
        &self,
        manifests: &'m [SnapshotManifest],
    ) -> impl Iterator<Item = &'m SnapshotManifest> {
        let spacing = self.keep_spacing_records.max(1);
        let newest = manifests.len().min(self.keep_newest.max(1));
        let mut spans = BTreeSet::new();
        // The first of a span has to be known before the later ones of it are judged, so the oldest come first.
        let surplus: Vec<_> = manifests
            .iter()
            .enumerate()
            .rev()
            .filter(|(index, manifest)| {
                let is_first = spans.insert(manifest.seq.get() / spacing);
                *index >= newest && !is_first
            })
            .map(|(_, manifest)| manifest)
            .collect();
        surplus.into_iter()
    }
}

#[cfg(test)]
mod tests;
