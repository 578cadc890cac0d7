//! A journal that has another's records up to a point and goes on by itself.

use std::path::Path;

use journal_log::{
    ChainError, ChainVerifier, Flags, JournalReader, ReadError, Record, Seq, StoreError, Tail,
};

use crate::OpenError;
use crate::durable::{At, FileError, create_folder};
use crate::open::open_failed;
use crate::options::OPEN_TIMEOUT;
use crate::places::Places;
use crate::ring;
use crate::store::{Access, Store};

/// Bytes of records written at once, and told of.
const BATCH_BYTES: usize = 4 << 20;

/// What a fork is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fork {
    /// Its own identity, so that nothing of the original's is taken for its own.
    pub cluster: [u8; 16],
    /// Its last record.
    pub last: Tail,
    /// Whether the last record stood inside a group, which it ends now; its hash is another than the original's.
    pub is_cut: bool,
}

/// Why there is no fork.
#[derive(Debug, thiserror::Error)]
pub enum ForkError {
    /// The original cannot be read.
    #[error("the log cannot be read at record {}", .0.seq())]
    Read(#[source] ReadError),
    /// The original is not what it should be.
    #[error("the chain of records is broken")]
    Chain(#[from] ChainError),
    /// The new database cannot be written.
    #[error("the copy cannot be written")]
    Store(#[source] StoreError),
    /// The new database cannot be opened.
    #[error("the copy cannot be opened")]
    Open(#[from] OpenError),
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Writes the records that `reader` has, up to `until`, into a new journal in `folder` with an identity of its own.
///
/// It has no witness yet: the first opening is told to make one. `progress` is told the last record now and then.
pub fn fork(
    reader: &dyn JournalReader,
    until: Seq,
    folder: &Path,
    mut progress: impl FnMut(Seq),
) -> Result<Fork, ForkError> {
    create_folder(folder)?;
    let database = Places::new(folder).database();
    let store = Store::open(&database, Access::Strict, OPEN_TIMEOUT).map_err(open_failed)?;
    let cluster = ring::random().at("draw random bytes for", folder)?;
    let failed = |error: rocksdb::Error| ForkError::Store(error.into());
    store.found(cluster).map_err(failed)?;
    let begin = reader.begin();
    if begin.seq > Seq::GENESIS {
        store.set_begin(begin).map_err(failed)?;
    }
    let mut copy = Copy {
        store: &store,
        verifier: ChainVerifier::after_tail(begin),
        batch: Vec::new(),
        bytes: 0,
    };
    let mut is_cut = false;
    for record in reader.read(begin.seq.next()).map_err(ForkError::Read)? {
        let mut record = record.map_err(ForkError::Read)?;
        let is_last = record.header.seq == until;
        if is_last && !record.header.flags.contains(Flags::GROUP_LAST) {
            record.header.flags = record.header.flags.with(Flags::GROUP_LAST);
            is_cut = true;
        }
        copy.add(&record)?;
        if is_last {
            break;
        }
        if copy.bytes >= BATCH_BYTES {
            copy.write().map_err(failed)?;
            progress(copy.verifier.tail().seq);
        }
    }
    copy.write().map_err(failed)?;
    let last = copy.verifier.finish()?;
    if last.seq != until {
        return Err(ForkError::Read(ReadError::Missing { seq: last.seq.next() }));
    }
    store.flush().map_err(failed)?;
    Ok(Fork { cluster, last, is_cut })
}

/// Records on their way.
struct Copy<'s> {
    store: &'s Store,
    verifier: ChainVerifier,
    batch: Vec<(Seq, Vec<u8>)>,
    bytes: usize,
}

impl Copy<'_> {
    fn add(&mut self, record: &Record) -> Result<(), ChainError> {
        self.verifier.check(record)?;
        self.bytes += record.encoded_bytes();
        self.batch.push((record.header.seq, record.encode()));
        Ok(())
    }

    fn write(&mut self) -> Result<(), rocksdb::Error> {
        let records = self.batch.iter().map(|(seq, bytes)| (*seq, bytes.as_slice()));
        self.store.put(records, false)?;
        self.batch.clear();
        self.bytes = 0;
        Ok(())
    }
}
