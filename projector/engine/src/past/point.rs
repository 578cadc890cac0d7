//! What names a point of the log, and how a time is found in it.

use journal_log::{JournalReader, RecordKind, Seq, Timestamp};
use projector_machine::Machine;

use super::PastError;
use crate::replay::Decoded;

/// A point of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// The state after this record.
    Record(Seq),
    /// The state after the last record that is not later than this time.
    Time(Timestamp),
}

/// Returns the last record up to `head` that is not later than `at`.
///
/// Times never go back in a log, so halving finds it. Records of the engine's own making carry no time: they count with
/// the one after them, and at the end of the log with the one before.
pub(super) fn last_not_after<M: Machine>(
    reader: &dyn JournalReader,
    at: Timestamp,
    head: Seq,
) -> Result<Seq, PastError> {
    let first = first(reader, head)?;
    let mut last = head;
    while last > first && time_from::<M>(reader, last)?.is_none() {
        last = last.previous();
    }
    let is_later =
        |seq| Ok::<_, PastError>(time_from::<M>(reader, seq)?.is_some_and(|time| time > at));
    if !is_later(last)? {
        return Ok(head);
    }
    // The first record that is later is after `low`'s predecessor and not after `high`.
    let (mut low, mut high) = (first.get(), last.get());
    while low < high {
        let middle = low + (high - low) / 2;
        if is_later(Seq::new(middle))? { high = middle } else { low = middle + 1 }
    }
    match Seq::new(low) {
        found if found > first => Ok(found.previous()),
        Seq::FIRST => Err(PastError::BeforeFirst),
        first => Err(PastError::Trimmed { first }),
    }
}

/// Returns the first record that the log still has.
pub(super) fn first(reader: &dyn JournalReader, head: Seq) -> Result<Seq, PastError> {
    if head == Seq::GENESIS {
        return Err(PastError::BeforeFirst);
    }
    Ok(reader.first())
}

/// Returns the time of the first record from `from` on that carries one.
fn time_from<M: Machine>(
    reader: &dyn JournalReader,
    from: Seq,
) -> Result<Option<Timestamp>, PastError> {
    for record in reader.read(from)? {
        let record = record?;
        if matches!(
            record.header.kind,
            RecordKind::Command | RecordKind::Observation | RecordKind::Timer | RecordKind::Epoch
        ) {
            return Ok(Some(Decoded::<M>::of(&record)?.stamp.at));
        }
    }
    Ok(None)
}
