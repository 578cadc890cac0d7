//! A log of a newer release: refused before anything is changed, with the release that is needed.

use journal_log::{Body, FrameError, Record, RecordKind};

use crate::OpenError;
use crate::store::Store;

/// Records that are looked through for the barrier, from the newest back: a second or two, once, before a refusal.
const SEARCH_MAX: usize = 1_000_000;

/// Says that a record cannot be read by this release, and which release the log asks for.
pub(super) fn newer(store: &Store, cause: &FrameError) -> OpenError {
    let barrier = store.backwards().take(SEARCH_MAX).find_map(|record| needed(&record.ok()?));
    let asks = barrier.map(|needed| format!("; the log asks for release {needed} or a newer one"));
    OpenError::Newer { what: format!("{cause}{}", asks.unwrap_or_default()) }
}

fn needed(record: &Record) -> Option<String> {
    if record.header.kind != RecordKind::VersionBarrier {
        return None;
    }
    if let Ok(Body::VersionBarrier(barrier)) = Body::of(record) {
        Some(barrier.min_binary)
    } else {
        None
    }
}
