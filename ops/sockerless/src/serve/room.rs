//! Room on the disk: watched, told, and acted on before the log runs out of it.
//!
//! A look at the disk moves the gate that clients' commands pass; no call ever looks at the disk itself. Between
//! looks the gate stands still. The ballast is a file that only takes room: it is deleted when the hard mark is
//! crossed, so that removals and what is observed still fit into the log, and made again once there is room.

mod ballast;
mod marks;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use api_docker::{Gate, Level};
use api_ops::{MetricKind, Metrics, MetricsError, Readiness};

use self::{ballast::Ballast, marks::Marks};
use crate::settings::{RoomSettings, Settings};

/// Between two looks while there is plenty of room: what fills a disk takes longer to come near the marks.
const SELDOM: Duration = Duration::from_secs(1);

/// Between two looks near the marks and below: a disk takes some hundred megabytes in the meantime.
const OFTEN: Duration = Duration::from_millis(100);

/// Below this many times the soft mark looks are taken often.
const NEAR: u64 = 2;

/// The disk that the data is on.
pub(super) struct Room {
    data: PathBuf,
    marks: Marks,
    ballast: Ballast,
    gate: Gate,
    readiness: Readiness,
    seen: Arc<Seen>,
    /// Whether it was told that the ballast cannot be made.
    is_told: AtomicBool,
}

/// What the last look has seen, for the metrics.
#[derive(Debug, Default)]
struct Seen {
    free_bytes: AtomicU64,
    ballast_bytes: AtomicU64,
}

// === impl Room ===

impl Room {
    /// Takes the first look, before anything is written: where the disk is full, the ballast goes now.
    pub(super) fn enter(
        settings: &Settings,
        gate: &Gate,
        readiness: &Readiness,
        metrics: &Metrics,
    ) -> anyhow::Result<Self> {
        let RoomSettings { soft_bytes, hard_bytes, ballast_bytes } = settings.room;
        let disk = Disk::of(&settings.data)?;
        let room = Self {
            data: settings.data.clone(),
            marks: Marks::new(soft_bytes, hard_bytes, disk.total_bytes)?,
            ballast: Ballast::find(&settings.data, ballast_bytes)?,
            gate: gate.clone(),
            readiness: readiness.clone(),
            seen: Arc::default(),
            is_told: AtomicBool::new(false),
        };
        room.add_to(metrics)?;
        room.look(false)?;
        Ok(room)
    }

    /// Looks again and again, on time and when something has failed for want of room.
    pub(super) async fn watch(self) {
        let room = Arc::new(self);
        loop {
            let looking = Arc::clone(&room);
            match tokio::task::spawn_blocking(move || looking.look(true)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!("the disk cannot be looked at: {error:#}"),
                // The runtime is ending.
                Err(_) => return,
            }
            tokio::select! {
                () = tokio::time::sleep(room.pause()) => {}
                () = room.gate.asked() => {}
            }
        }
    }

    /// Takes one look and moves the gate. The ballast is made only where it `may` be: it takes its time.
    fn look(&self, may_make: bool) -> anyhow::Result<()> {
        let free_bytes = Disk::of(&self.data)?.free_bytes;
        let before = self.gate.level();
        let level = self.marks.level(self.available(free_bytes), before);
        if level == Level::FreesOnly && self.ballast.is_there() {
            let bytes = self.ballast.release()?;
            tracing::warn!(
                bytes,
                "the ballast is deleted, so that what frees room can be recorded"
            );
            // What is told is what there is now.
            return self.look(false);
        }
        if may_make && self.marks.has_room_for(self.ballast.bytes(), self.available(free_bytes)) {
            // It counts as taken whether it is there or not, so making it changes no level.
            match self.ballast.make() {
                Ok(()) => self.is_told.store(false, Ordering::Relaxed),
                // It is tried at each look, and told once.
                Err(error) if !self.is_told.swap(true, Ordering::Relaxed) => {
                    tracing::warn!("the ballast cannot be made: {error:#}");
                }
                Err(_) => {}
            }
        }
        self.seen.free_bytes.store(free_bytes, Ordering::Relaxed);
        self.seen.ballast_bytes.store(self.ballast.there_bytes(), Ordering::Relaxed);
        self.enter_level(level, before, free_bytes);
        Ok(())
    }

    fn enter_level(&self, level: Level, before: Level, free_bytes: u64) {
        let reason = self.marks.reason(level, free_bytes, &self.data);
        self.gate.set(level, &reason);
        self.readiness.note(&reason);
        let (from, to) = (before.as_str(), level.as_str());
        if level > before {
            tracing::warn!(from, to, free_bytes, "{reason}");
        } else if level < before {
            tracing::info!(from, to, free_bytes, "there is room again");
        }
    }

    /// Returns the bytes that may be used: those that the ballast lacks are not.
    fn available(&self, free_bytes: u64) -> u64 {
        free_bytes.saturating_sub(self.ballast.bytes() - self.ballast.there_bytes())
    }

    fn pause(&self) -> Duration {
        let available = self.available(self.seen.free_bytes.load(Ordering::Relaxed));
        if available < self.marks.soft_bytes().saturating_mul(NEAR) { OFTEN } else { SELDOM }
    }

    fn add_to(&self, metrics: &Metrics) -> Result<(), MetricsError> {
        let gauge = MetricKind::Gauge;
        let seen = Arc::clone(&self.seen);
        let help = "Bytes that are free on the disk of the data.";
        metrics.add("sockerless_disk_free_bytes", help, gauge, move || {
            seen.free_bytes.load(Ordering::Relaxed) as f64
        })?;
        let seen = Arc::clone(&self.seen);
        let help = "Bytes of the ballast that is deleted when the disk is full.";
        metrics.add("sockerless_ballast_bytes", help, gauge, move || {
            seen.ballast_bytes.load(Ordering::Relaxed) as f64
        })?;
        let gate = self.gate.clone();
        let help = "What is taken: 0 everything, 1 nothing that grows, 2 only what frees room.";
        metrics.add("sockerless_gate_level", help, gauge, move || f64::from(gate.level() as u8))?;
        let gate = self.gate.clone();
        let help = "Commands refused for want of room.";
        metrics.add("sockerless_gate_refused_total", help, MetricKind::Counter, move || {
            gate.refused() as f64
        })
    }
}

/// What the system says of a disk.
struct Disk {
    total_bytes: u64,
    free_bytes: u64,
}

// === impl Disk ===

impl Disk {
    /// Asks about the disk that `folder` is on.
    fn of(folder: &Path) -> anyhow::Result<Self> {
        let shown = folder.display();
        let found = rustix::fs::statvfs(folder)
            .with_context(|| format!("asking how much room there is in {shown}"))?;
        Ok(Self {
            total_bytes: found.f_blocks.saturating_mul(found.f_frsize),
            // What only root may use is no room to plan with.
            free_bytes: found.f_bavail.saturating_mul(found.f_frsize),
        })
    }
}
