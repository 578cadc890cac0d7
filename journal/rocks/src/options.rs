//! What a caller may choose about a journal.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Bytes of the witness.
///
/// It holds whatever RocksDB has not yet written to its sorted files; with a page for each small group that is
/// some sixteen thousand groups, so that a flush is needed about once a second at full speed.
pub const WITNESS_BYTES: u64 = 64 << 20;

/// How long RocksDB may take to open.
///
/// Damage that could make it loop is looked for before; this is for what nobody thought of. It replays at most
/// as much as the witness holds, which takes about a second.
pub const OPEN_TIMEOUT: Duration = Duration::from_secs(60);

/// How a journal is opened.
#[derive(Clone)]
pub struct Options {
    /// Bytes of a new witness, rounded up to pages; one that is there keeps its size. A group that is larger
    /// than half of it is refused.
    pub witness_bytes: u64,
    /// How long RocksDB may take to open before the opening is given up.
    pub open_timeout: Duration,
    /// Makes a new witness where the old one is lost or behind. What is in the journal is then believed.
    pub rebuild_witness: bool,
    /// Is told after each append how long its syncs took; it is called on the appending thread.
    pub on_sync: Option<OnSync>,
}

/// A callback that is told what each append has cost.
pub type OnSync = Arc<dyn Fn(&SyncTimes) + Send + Sync>;

/// What one append has cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncTimes {
    /// Records made durable.
    pub records: usize,
    /// Their bytes.
    pub bytes: usize,
    /// Writing and syncing RocksDB's log.
    pub log: Duration,
    /// Writing and syncing the witness, at the same time.
    pub witness: Duration,
    /// From the call to both being durable.
    pub total: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            witness_bytes: WITNESS_BYTES,
            open_timeout: OPEN_TIMEOUT,
            rebuild_witness: false,
            on_sync: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("witness_bytes", &self.witness_bytes)
            .field("open_timeout", &self.open_timeout)
            .field("rebuild_witness", &self.rebuild_witness)
            .finish_non_exhaustive()
    }
}
