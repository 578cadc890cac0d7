//! What was answered is there after every start: the last answered record stands in its place, with its hash.
//!
//! Each record links to the one before, so that one holds all earlier ones.

use journal_log::{JournalReader as _, RecordHash, Seq};

use crate::{Violation, disk::Disk};

/// The last record that somebody was told of.
#[derive(Debug, Default)]
pub(super) struct Acknowledged {
    last: Option<(Seq, RecordHash)>,
}

// === impl Acknowledged ===

impl Acknowledged {
    pub(super) const fn note(&mut self, last: Seq, hash: RecordHash) {
        self.last = Some((last, hash));
    }

    pub(super) fn check(&self, disk: &Disk) -> Result<(), Violation> {
        let Some((seq, hash)) = self.last else { return Ok(()) };
        let read = disk.store.read(seq).ok().and_then(|mut records| records.next());
        match read {
            Some(Ok(record)) if record.hash() == hash => Ok(()),
            Some(Ok(_)) => {
                Err(violation(format!("another record than the answered one stands at {seq}")))
            }
            Some(Err(error)) => {
                Err(violation(format!("answered record {seq} cannot be read: {error}")))
            }
            None => Err(violation(format!(
                "answered record {seq} is gone; the head is {}",
                disk.store.head()
            ))),
        }
    }
}

const fn violation(what: String) -> Violation {
    Violation::new("acknowledged", what)
}
