//! The marks, and which level an amount of room means. No I/O.

use std::path::Path;

use anyhow::ensure;
use api_docker::Level;

/// The soft mark is never below this by default: some layers of an image.
const SOFT_BYTES_MIN: u64 = 2 << 30;

/// The soft mark is this part of the disk by default, where that is more.
const SOFT_PART: u64 = 20;

/// The hard mark by default: what RocksDB writes of sorted files and logs at once, many times over.
const HARD_BYTES: u64 = 512 << 20;

/// A level is left when there is this part of its mark more, so that it is not entered again at once.
const SLACK_PART: u64 = 16;

/// Free bytes below which less is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    soft_bytes: u64,
    hard_bytes: u64,
}

// === impl Marks ===

impl Marks {
    /// Takes the marks that are set, and for the others what suits a disk of `total_bytes`.
    pub(super) fn new(
        soft_bytes: Option<u64>,
        hard_bytes: Option<u64>,
        total_bytes: u64,
    ) -> anyhow::Result<Self> {
        let by_disk = SOFT_BYTES_MIN.max(total_bytes / SOFT_PART);
        let soft_bytes = soft_bytes.unwrap_or_else(|| by_disk.max(hard_bytes.unwrap_or(0)));
        let hard_bytes = hard_bytes.unwrap_or_else(|| HARD_BYTES.min(soft_bytes));
        ensure!(
            hard_bytes <= soft_bytes,
            "the hard mark of {hard_bytes} bytes is above the soft mark of {soft_bytes} bytes"
        );
        Ok(Self { soft_bytes, hard_bytes })
    }

    /// Gives the soft mark.
    pub(super) const fn soft_bytes(self) -> u64 {
        self.soft_bytes
    }

    /// Tells which level `available` bytes mean, after the level `before`.
    pub(super) const fn level(self, available: u64, before: Level) -> Level {
        let (is_hard, is_soft) = match before {
            Level::FreesOnly => (true, true),
            Level::NoGrowth => (false, true),
            Level::Open | Level::ReadOnly => (false, false),
        };
        if available < with_slack(self.hard_bytes, is_hard) {
            Level::FreesOnly
        } else if available < with_slack(self.soft_bytes, is_soft) {
            Level::NoGrowth
        } else {
            Level::Open
        }
    }

    /// Tells whether a ballast of `bytes`, which are not among `available`, may be made: well above the hard mark.
    pub(super) const fn has_room_for(self, bytes: u64, available: u64) -> bool {
        available >= self.hard_bytes.saturating_add(bytes)
    }

    /// Says why less is taken at `level`; nothing where everything is.
    pub(super) fn reason(self, level: Level, free_bytes: u64, folder: &Path) -> String {
        let shown = folder.display();
        let free = format!("{free_bytes} bytes are free in {shown}");
        match level {
            Level::Open | Level::ReadOnly => String::new(),
            Level::NoGrowth => format!(
                "no space left for anything new: {free}, and below {} bytes creates, execs, pulls, loads, imports \
                 and copies are refused; \"docker system prune\" may make room",
                self.soft_bytes
            ),
            Level::FreesOnly => format!(
                "no space left: {free}, and below {} bytes only what frees room is taken: stop, kill, rm, rmi, \
                 prune",
                self.hard_bytes
            ),
        }
    }
}

const fn with_slack(mark: u64, is_entered: bool) -> u64 {
    if is_entered { mark.saturating_add(mark / SLACK_PART) } else { mark }
}

#[cfg(test)]
mod tests;
