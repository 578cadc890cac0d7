//! The hashes that a replay has to come to.
//!
//! A hash stands in the log after the state that it speaks of, for it is computed beside the loop. So a replay
//! that verifies reads the log once before it folds it. Hashes that were written before records were lost speak
//! of a state that no log can come to any more.

use std::collections::BTreeMap;

use journal_log::{JournalReader, RecordKind, Seq};
use projector_machine::Machine;

use super::ReplayError;
use super::decode::{Decoded, Note};

/// State hashes by the record that they speak of.
pub(crate) type Hashes = BTreeMap<Seq, [u8; 32]>;

/// Collects the hashes that the records after `from` speak of.
pub(super) fn hashes<M: Machine>(
    reader: &dyn JournalReader,
    from: Seq,
    head: Seq,
) -> Result<Hashes, ReplayError> {
    let mut hashes = Hashes::new();
    for record in reader.read(from.next())? {
        let record = record?;
        if record.header.seq > head {
            break;
        }
        let kind = record.header.kind;
        if !matches!(
            kind,
            RecordKind::SnapshotRef | RecordKind::StateHash | RecordKind::Trim | RecordKind::Skip
        ) {
            continue;
        }
        match Decoded::<M>::of(&record)?.note {
            Note::Hash { seq, state_hash } => {
                hashes.insert(seq, state_hash);
            }
            // The act stands behind the loss; what stands in for the lost records is within it.
            Note::Skip { first, last } if record.header.seq > last => {
                hashes.split_off(&first);
            }
            Note::Skip { .. } | Note::Barrier { .. } | Note::None => {}
        }
    }
    Ok(hashes)
}
