//! The numbers of the log and the reconciler, for the metrics.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use api_ops::{MetricKind, Metrics, MetricsError};
use backends_reconcile::ReconcilerMetrics;
use journal_reads::AccessLog;
use journal_rocks::SyncTimes;
use projector_engine::MetricsReport;

use super::log::Log;

/// Bounds of the time that a group takes to be durable, in microseconds.
const SYNC_BOUNDS_MICROS: [u64; 10] =
    [50, 100, 200, 400, 800, 1600, 3200, 10_000, 50_000, u64::MAX];

/// How long groups took to be durable.
#[derive(Debug, Default)]
pub(super) struct SyncNumbers {
    counts: [AtomicU64; SYNC_BOUNDS_MICROS.len()],
    total_micros: AtomicU64,
    groups: AtomicU64,
}

// === impl SyncNumbers ===

impl SyncNumbers {
    /// Counts one group.
    pub(super) fn add(&self, times: &SyncTimes) {
        let micros = micros(times.total);
        let bucket = SYNC_BOUNDS_MICROS.iter().position(|bound| micros <= *bound).unwrap_or(0);
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        self.total_micros.fetch_add(micros, Ordering::Relaxed);
        self.groups.fetch_add(1, Ordering::Relaxed);
    }

    /// Gives the bound below which `part` of all groups were, in seconds.
    fn quantile(&self, part: f64) -> f64 {
        let groups = self.groups.load(Ordering::Relaxed);
        let mut seen = 0;
        for (count, bound) in self.counts.iter().zip(SYNC_BOUNDS_MICROS) {
            seen += count.load(Ordering::Relaxed);
            if seen as f64 >= groups as f64 * part {
                return bound.min(SYNC_BOUNDS_MICROS[SYNC_BOUNDS_MICROS.len() - 2]) as f64 / 1e6;
            }
        }
        0.0
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

type Read = fn(&MetricsReport) -> u64;

const ENGINE: [(&str, &str, MetricKind, Read); 9] = [
    ("sockerless_records_total", "Records appended.", MetricKind::Counter, |report| report.records),
    (
        "sockerless_record_bytes_total",
        "Bytes of records appended.",
        MetricKind::Counter,
        |report| report.record_bytes,
    ),
    ("sockerless_refusals_total", "Commands refused.", MetricKind::Counter, |report| {
        report.refusals
    }),
    ("sockerless_panics_total", "Commands that panicked.", MetricKind::Counter, |report| {
        report.panics
    }),
    ("sockerless_overloads_total", "Commands turned away.", MetricKind::Counter, |report| {
        report.overloads
    }),
    ("sockerless_snapshots_saved_total", "Snapshots made.", MetricKind::Counter, |report| {
        report.snapshots_saved
    }),
    (
        "sockerless_snapshots_failed_total",
        "Snapshots that failed.",
        MetricKind::Counter,
        |report| report.snapshots_failed,
    ),
    ("sockerless_queued_commands", "Commands that wait.", MetricKind::Gauge, |report| {
        report.queued_commands
    }),
    ("sockerless_queued_observations", "Reports that wait.", MetricKind::Gauge, |report| {
        report.queued_observations
    }),
];

/// Adds the numbers of the log.
pub(super) fn add(metrics: &Metrics, log: &Log) -> Result<(), MetricsError> {
    for (name, help, kind, read) in ENGINE {
        let handle = log.handle.clone();
        metrics.add(name, help, kind, move || read(&handle.metrics()) as f64)?;
    }
    let groups = Arc::clone(&log.syncs);
    let help = "Groups made durable.";
    metrics.add("sockerless_groups_total", help, MetricKind::Counter, move || {
        groups.groups.load(Ordering::Relaxed) as f64
    })?;
    for (name, part) in
        [("sockerless_sync_p50_seconds", 0.5), ("sockerless_sync_p99_seconds", 0.99)]
    {
        let syncs = Arc::clone(&log.syncs);
        let help = "Time for a group to be durable: the bound of its bucket, since the start.";
        metrics.add(name, help, MetricKind::Gauge, move || syncs.quantile(part))?;
    }
    let handle = log.handle.clone();
    metrics.add("sockerless_containers", "Containers.", MetricKind::Gauge, move || {
        handle.snapshot().state.container_count() as f64
    })?;
    let handle = log.handle.clone();
    metrics.add("sockerless_images", "Images.", MetricKind::Gauge, move || {
        handle.snapshot().state.images().len() as f64
    })
}

/// Adds the numbers of the side log.
pub(super) fn add_reads(metrics: &Metrics, reads: &AccessLog) -> Result<(), MetricsError> {
    let read = reads.clone();
    let help = "Calls that change nothing, put down.";
    metrics.add("sockerless_reads_written_total", help, MetricKind::Counter, move || {
        read.numbers().written as f64
    })?;
    let read = reads.clone();
    let help = "Calls that change nothing, left out above the rate.";
    metrics.add("sockerless_reads_left_out_total", help, MetricKind::Counter, move || {
        read.numbers().left_out as f64
    })
}

/// Adds the numbers of the reconciler.
pub(super) fn add_reconciler(
    metrics: &Metrics,
    numbers: &Arc<ReconcilerMetrics>,
) -> Result<(), MetricsError> {
    let read = Arc::clone(numbers);
    metrics.add("sockerless_steps_total", "Steps begun.", MetricKind::Counter, move || {
        read.steps() as f64
    })?;
    let read = Arc::clone(numbers);
    metrics.add(
        "sockerless_step_failures_total",
        "Steps failed.",
        MetricKind::Counter,
        move || read.failures() as f64,
    )?;
    let read = Arc::clone(numbers);
    metrics.add("sockerless_steps_under_way", "Steps under way.", MetricKind::Gauge, move || {
        read.under_way() as f64
    })
}
