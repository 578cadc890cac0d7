//! The hashes that a replay has to come to.
//!
//! A hash stands in the log after the state that it speaks of, for it is computed beside the loop. So a replay
//! that verifies reads the log once before it folds it. Hashes that were written before records were lost speak
//! of a state that no log can come to any more.

use std::collections::BTreeMap;

use journal_log::{JournalReader, Record, RecordKind, Seq};
use projector_machine::Machine;

use super::ReplayError;
use super::decode::{Decoded, Note};

/// State hashes by the record that they speak of, as records of a log tell them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StateHashes(BTreeMap<Seq, [u8; 32]>);

// === impl StateHashes ===

impl StateHashes {
    /// Takes what `record` tells; of a log, its records are given in their order.
    pub fn take<M: Machine>(&mut self, record: &Record) -> Result<(), ReplayError> {
        let kind = record.header.kind;
        if !matches!(
            kind,
            RecordKind::SnapshotRef | RecordKind::StateHash | RecordKind::Trim | RecordKind::Skip
        ) {
            return Ok(());
        }
        match Decoded::<M>::of(record)?.note {
            Note::Hash { seq, state_hash } => {
                self.0.insert(seq, state_hash);
            }
            // The act stands behind the loss; what stands in for the lost records is within it.
            Note::Skip { first, last } if record.header.seq > last => {
                self.0.split_off(&first);
            }
            Note::Skip { .. } | Note::Barrier { .. } | Note::None => {}
        }
        Ok(())
    }

    /// Collects the hashes that the records after `from` speak of.
    pub(super) fn read<M: Machine>(
        reader: &dyn JournalReader,
        from: Seq,
        head: Seq,
    ) -> Result<Self, ReplayError> {
        let mut hashes = Self::default();
        for record in reader.read(from.next())? {
            let record = record?;
            if record.header.seq > head {
                break;
            }
            hashes.take::<M>(&record)?;
        }
        Ok(hashes)
    }

    /// Gives the hash of the state after `seq`, once.
    pub(super) fn remove(&mut self, seq: Seq) -> Option<[u8; 32]> {
        self.0.remove(&seq)
    }
}
