//! How a replay is run, and what it tells.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use journal_log::Seq;

use super::StateHashes;

/// Is told about a replay that takes its time, about once a second.
pub type ProgressCallback = Arc<dyn Fn(Progress) + Send + Sync>;

/// How far a replay has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The last record that was folded.
    pub seq: Seq,
    /// The record that it will end with.
    pub head: Seq,
    /// Time since the beginning.
    pub elapsed: Duration,
}

/// How a replay is run.
#[derive(Clone)]
pub struct ReplayOptions {
    /// The last record that is folded; the head where there is none.
    pub until: Option<Seq>,
    /// Whether snapshots are used; else it begins with the first record.
    pub use_snapshots: bool,
    /// Whether the state is compared with every hash in the log.
    pub verify_state: bool,
    /// Those hashes, where somebody who has read the whole log has collected them; else the log is read twice.
    pub hashes: Option<StateHashes>,
    /// The version of this program, as `major.minor.patch`, for records that ask for a newer one.
    pub binary: String,
    /// Told about a replay that takes its time.
    pub on_progress: Option<ProgressCallback>,
}

/// How a replay went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReplayReport {
    /// The snapshot that it began with.
    pub snapshot: Option<Seq>,
    /// Snapshots that were passed over.
    pub rejected: Vec<RejectedSnapshot>,
    /// Records folded.
    pub records: u64,
    /// Bytes of these records.
    pub record_bytes: u64,
    /// Hashes in the log that the state was compared with, and equal to.
    pub hashes_checked: u64,
    /// Lost records that were passed over, by their first and last, among those folded.
    pub skipped: Vec<(Seq, Seq)>,
    /// Time from beginning to end.
    pub took: Duration,
}

/// A snapshot that was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedSnapshot {
    /// Its point.
    pub seq: Seq,
    /// Why, with all causes.
    pub reason: String,
}

impl Default for ReplayOptions {
    /// Folds everything, from the best snapshot on.
    fn default() -> Self {
        Self {
            until: None,
            use_snapshots: true,
            verify_state: cfg!(debug_assertions),
            hashes: None,
            binary: "0.0.0".to_owned(),
            on_progress: None,
        }
    }
}

impl fmt::Debug for ReplayOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayOptions")
            .field("until", &self.until)
            .field("use_snapshots", &self.use_snapshots)
            .field("verify_state", &self.verify_state)
            .field("binary", &self.binary)
            .finish_non_exhaustive()
    }
}
