//! What the engine counts. Counting takes no lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Bounds of batch sizes, in records.
const RECORD_BOUNDS: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/// Bounds of spans, in microseconds: from a sync of a fast disk to one that hangs, and snapshots.
const MICROS_BOUNDS: &[u64] = &[
    50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200, 102_400, 409_600,
    1_638_400, 6_553_600,
];

/// A count that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

/// How often values fell under which bound.
#[derive(Debug)]
pub(crate) struct Histogram {
    bounds: &'static [u64],
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// What one engine counts.
#[derive(Debug)]
pub(crate) struct Metrics {
    pub(crate) records: Counter,
    pub(crate) record_bytes: Counter,
    pub(crate) refusals: Counter,
    pub(crate) panics: Counter,
    pub(crate) overloads: Counter,
    pub(crate) timers: Counter,
    pub(crate) snapshots_saved: Counter,
    pub(crate) snapshots_failed: Counter,
    pub(crate) feed_resyncs: Counter,
    pub(crate) batch_records: Histogram,
    pub(crate) append_micros: Histogram,
    pub(crate) snapshot_micros: Histogram,
}

/// What an engine has counted since its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricsReport {
    /// Records made durable.
    pub records: u64,
    /// Bytes of these records.
    pub record_bytes: u64,
    /// Commands that the machine refused.
    pub refusals: u64,
    /// Commands that made the machine panic.
    pub panics: u64,
    /// Commands for which the queue stayed full.
    pub overloads: u64,
    /// Timers that rang.
    pub timers: u64,
    /// Snapshots made.
    pub snapshots_saved: u64,
    /// Snapshots that failed.
    pub snapshots_failed: u64,
    /// Times that a feed fell behind and read from the journal.
    pub feed_resyncs: u64,
    /// Commands of clients in the queue now.
    pub queued_commands: u64,
    /// Observations and the server's own commands in the queue now.
    pub queued_observations: u64,
    /// Keys that are waited for now.
    pub waited_keys: u64,
    /// Records of each group commit; their number is the number of groups.
    pub batch_records: HistogramReport,
    /// Microseconds that the journal took for each group.
    pub append_micros: HistogramReport,
    /// Microseconds that each snapshot took.
    pub snapshot_micros: HistogramReport,
}

/// How often values fell under which bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistogramReport {
    /// Upper bounds, inclusive.
    pub bounds: &'static [u64],
    /// How many values lie under each bound and over the one before; the last count has no bound.
    pub counts: Vec<u64>,
    /// The sum of all values.
    pub sum: u64,
}

impl Counter {
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Histogram {
    fn new(bounds: &'static [u64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, sum: AtomicU64::new(0) }
    }

    pub(crate) fn record(&self, value: u64) {
        let index = self.bounds.partition_point(|bound| *bound < value);
        self.counts[index].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    pub(crate) fn record_micros(&self, span: Duration) {
        self.record(u64::try_from(span.as_micros()).unwrap_or(u64::MAX));
    }

    pub(crate) fn report(&self) -> HistogramReport {
        HistogramReport {
            bounds: self.bounds,
            counts: self.counts.iter().map(|count| count.load(Ordering::Relaxed)).collect(),
            sum: self.sum.load(Ordering::Relaxed),
        }
    }
}

impl HistogramReport {
    /// Returns how many values there were.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}

impl Metrics {
    pub(crate) fn new() -> Self {
        Self {
            records: Counter::default(),
            record_bytes: Counter::default(),
            refusals: Counter::default(),
            panics: Counter::default(),
            overloads: Counter::default(),
            timers: Counter::default(),
            snapshots_saved: Counter::default(),
            snapshots_failed: Counter::default(),
            feed_resyncs: Counter::default(),
            batch_records: Histogram::new(RECORD_BOUNDS),
            append_micros: Histogram::new(MICROS_BOUNDS),
            snapshot_micros: Histogram::new(MICROS_BOUNDS),
        }
    }
}

#[cfg(test)]
mod tests;
