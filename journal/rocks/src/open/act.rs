//! What a verdict has done to the journal or the witness.

use journal_log::{ChainVerifier, Record, Seq};

use super::store_failed;
use crate::OpenError;
use crate::ring::Ring;
use crate::store::Store;

/// Writes the records from `first` on, which the journal has lost, from the witness.
pub(super) fn take_back(store: &Store, ring: &Ring, first: Seq) -> Result<(), OpenError> {
    let before = store.last()?;
    let begin = ChainVerifier::after_tail(store.begin());
    let mut verifier = before.as_ref().map_or(begin, ChainVerifier::after);
    for span in ring.spans().iter().filter(|span| span.head.last >= first) {
        let mut records = ring.records(span)?;
        records.retain(|record| record.header.seq >= first);
        for record in &records {
            verifier.check(record)?;
        }
        let encoded: Vec<_> =
            records.iter().map(|record| (record.header.seq, record.encode())).collect();
        let group = encoded.iter().map(|(seq, bytes)| (*seq, bytes.as_slice()));
        store.put(group, true).map_err(store_failed)?;
    }
    verifier.finish()?;
    Ok(())
}

/// Adds the journal's last group to the witness.
pub(super) fn witness(store: &Store, ring: &Ring, first: Seq, last: Seq) -> Result<(), OpenError> {
    let records = store.cursor(first, last, false).collect::<Result<Vec<Record>, _>>()?;
    let begin = store.begin();
    let mut verifier = match store.cursor(first.previous(), first.previous(), false).next() {
        Some(before) if first.previous() > begin.seq => ChainVerifier::after(&before?),
        Some(_) | None => ChainVerifier::after_tail(begin),
    };
    for record in &records {
        verifier.check(record)?;
    }
    verifier.finish()?;
    Ok(ring.add(&records)?)
}
