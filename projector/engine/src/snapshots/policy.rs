//! How often a snapshot is made, and which are kept.

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
    /// Of the older ones as many are kept as it takes that no two lie further apart than so many records, where they
    /// were not made further apart: they are the index of time travel.
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
        let newest = manifests.len().min(self.keep_newest.max(1));
        let mut surplus = Vec::new();
        // The oldest is kept, and from there on one is given up where those on both sides of it are near enough.
        let mut before = manifests.last().map_or(0, |oldest| oldest.seq.get());
        for (index, manifest) in manifests.iter().enumerate().skip(newest).rev().skip(1) {
            let after = manifests[index - 1].seq.get();
            if after - before <= self.keep_spacing_records {
                surplus.push(manifest);
            } else {
                before = manifest.seq.get();
            }
        }
        surplus.into_iter()
    }
}

#[cfg(test)]
mod tests;
