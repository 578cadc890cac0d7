//! Where the journal begins: the value in `meta`, and the deletion of what is before.
//!
//! | offset | bytes | field of the last record that was trimmed |
//! |---|---|---|
//! | 0 | 8 | place |
//! | 8 | 32 | hash |
//! | 40 | 8 | epoch |
//! | 48 | 8 | clock |

use std::sync::{PoisonError, RwLock};

use journal_log::{Body, Epoch, Hlc, Record, RecordHash, RecordKind, Seq, Tail};
use rocksdb::{DB, WriteBatch};

use super::{Access, Cursor, JOURNAL, META, Store, StoreOpenError, cursor, settings};

const KEY: &[u8] = b"begin";
const BYTES: usize = 56;

impl Store {
    /// Takes an open database, and finds out where its journal begins.
    pub(super) fn opened(db: DB, access: Access) -> Result<Self, StoreOpenError> {
        let store = Self { db, keeper: None, begin: RwLock::new(Tail::GENESIS) };
        let begin = match store.meta(KEY) {
            Ok(value) => value.as_deref().and_then(decode),
            // What is mended has lost the value: the record of the trim says the same.
            Err(_) if access == Access::Lenient => store.recorded_begin(),
            Err(error) => return Err(error.into()),
        };
        store.hold_begin(begin.unwrap_or(Tail::GENESIS));
        Ok(store)
    }

    /// Returns the last record that was trimmed; genesis where none was.
    pub(crate) fn begin(&self) -> Tail {
        *self.begin.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes where the journal begins, durably, without deleting anything: for a database that is being written.
    pub(crate) fn set_begin(&self, begin: Tail) -> Result<(), rocksdb::Error> {
        let mut batch = WriteBatch::default();
        batch.put_cf(self.family(META), KEY, encode(&begin));
        self.write(batch, true)?;
        self.hold_begin(begin);
        Ok(())
    }

    /// Deletes the records up to `begin`, and gives their room back.
    ///
    /// The new beginning and the deletion are one write, and both are in sorted files before a file is deleted: no
    /// damage of a log can bring the one back without the other. After an error the process has to end.
    pub(crate) fn trim(&self, begin: Tail) -> Result<(), rocksdb::Error> {
        let family = self.family(JOURNAL);
        let (from, to) = (cursor::key_of(Seq::FIRST), cursor::key_of(begin.seq.next()));
        let mut batch = WriteBatch::default();
        batch.put_cf(self.family(META), KEY, encode(&begin));
        batch.delete_range_cf(family, from, to);
        // Readings that begin from now on are told; those that have begun see the database as it was.
        self.hold_begin(begin);
        self.write(batch, true)?;
        self.flush()?;
        // Whole files go first, so that only those at the edge are written anew.
        self.db.delete_file_in_range_cf(family, from, cursor::key_of(begin.seq))?;
        self.db.compact_range_cf(family, Some(from), Some(to));
        Ok(())
    }

    fn hold_begin(&self, begin: Tail) {
        *self.begin.write().unwrap_or_else(PoisonError::into_inner) = begin;
    }

    /// Finds the newest record of a trim that speaks of what is before the first record there is.
    fn recorded_begin(&self) -> Option<Tail> {
        let mut records =
            self.db.raw_iterator_cf_opt(self.family(JOURNAL), settings::reading(true));
        records.seek_to_first();
        let first = cursor::seq_of(records.key()?)?;
        if first == Seq::FIRST {
            return None;
        }
        let records = Cursor::new(records, first, Seq::LAST, Seq::GENESIS);
        let trims = records
            .map_while(Result::ok)
            .filter(|record| record.header.kind == RecordKind::Trim)
            .filter_map(|record| begin_of(&record));
        trims.filter(|begin| begin.seq == first.previous()).last()
    }
}

/// Reads what the record of a trim says the journal begins after.
fn begin_of(record: &Record) -> Option<Tail> {
    if let Ok(Body::Trim(trim)) = Body::of(record) { Some(trim.begin()) } else { None }
}

fn encode(begin: &Tail) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    bytes[0..8].copy_from_slice(&begin.seq.get().to_le_bytes());
    bytes[8..40].copy_from_slice(begin.hash.as_bytes());
    bytes[40..48].copy_from_slice(&begin.epoch.get().to_le_bytes());
    bytes[48..56].copy_from_slice(&begin.hlc.get().to_le_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<Tail> {
    let u64_at = |at: usize| Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
    let hash: [u8; 32] = bytes.get(8..40)?.try_into().ok()?;
    let tail = Tail {
        seq: Seq::new(u64_at(0)?),
        hash: RecordHash::from_bytes(hash),
        epoch: Epoch::new(u64_at(40)?),
        hlc: Hlc::new(u64_at(48)?),
    };
    (bytes.len() == BYTES).then_some(tail)
}
