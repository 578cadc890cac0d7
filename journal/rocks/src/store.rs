//! RocksDB as this crate uses it: two column families, synced batches, and reading in order.
//!
//! It knows nothing of the witness. `journal` holds records under their big-endian places, `meta` a few small
//! values. Records are written once and never changed.

mod begin;
mod cursor;
mod settings;

use std::any::Any;
use std::path::Path;
use std::sync::RwLock;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use journal_log::{Epoch, FrameError, ReadError, Record, Seq, Tail};
use rocksdb::{ColumnFamily, DB, FlushOptions, WriteBatch, WriteOptions};

pub(crate) use self::cursor::{Cursor, Tolerant, checked};

/// The column family of records.
const JOURNAL: &str = "journal";
/// The column family of everything else that is true.
const META: &str = "meta";
/// The default column family, which RocksDB insists on; it stays empty.
const DEFAULT: &str = "default";

const FORMAT_KEY: &[u8] = b"format";
const CLUSTER_KEY: &[u8] = b"cluster";
const EPOCH_KEY: &[u8] = b"epoch";

/// The layout of keys and column families.
pub(crate) const FORMAT: u32 = 1;

/// An open RocksDB.
pub(crate) struct Store {
    db: DB,
    /// What has to outlive the database: the lock, or a temporary folder.
    keeper: Option<Box<dyn Any + Send + Sync>>,
    /// The last record that was trimmed; genesis where none was.
    begin: RwLock<Tail>,
}

/// How strictly RocksDB is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// For serving: every doubt is an error.
    Strict,
    /// For mending: what can be read shall be read.
    ///
    /// What is written to it is in its log alone: here RocksDB tries a sorted file that cannot be written again for
    /// ever, and whoever waits for the flush waits as long.
    Lenient,
    /// For looking, without a write.
    ReadOnly,
}

/// Why RocksDB does not open.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreOpenError {
    /// It says so.
    #[error(transparent)]
    Refused(#[from] rocksdb::Error),
    /// It has not come back.
    #[error("RocksDB has not opened within {} s", after.as_secs())]
    Stuck {
        /// How long it was waited for.
        after: Duration,
    },
    /// No thread could be started.
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
}

impl Drop for Store {
    /// Calls off what RocksDB does by itself, before it is closed.
    ///
    /// Where a write has found no room, it resumes on a thread of its own: closing waits for that thread, the thread for a flush,
    /// and the flush is not begun any more once it is being closed.
    fn drop(&mut self) {
        self.db.cancel_all_background_work(false);
    }
}

impl Store {
    /// Opens the database in `folder`, and makes it where nothing is there and it may.
    ///
    /// RocksDB is opened on a thread of its own, so that one that never comes back can be left behind.
    pub(crate) fn open(
        folder: &Path,
        access: Access,
        timeout: Duration,
    ) -> Result<Self, StoreOpenError> {
        let (sender, receiver) = sync_channel(1);
        let folder = folder.to_owned();
        thread::Builder::new()
            .name("journal-open".to_owned())
            .spawn(move || {
                // Nobody listens any more where the time was up; the database is then closed again.
                drop(sender.send(settings::open(&folder, access)));
            })
            .map_err(StoreOpenError::Thread)?;
        match receiver.recv_timeout(timeout) {
            Ok(result) => Self::opened(result?, access),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                Err(StoreOpenError::Stuck { after: timeout })
            }
        }
    }

    /// Keeps `keeper` until the database is closed.
    pub(crate) fn keep(&mut self, keeper: impl Any + Send + Sync) {
        self.keeper = Some(Box::new(keeper));
    }

    /// Reads the last record; none in an empty journal.
    pub(crate) fn last(&self) -> Result<Option<Record>, ReadError> {
        let mut records =
            self.db.raw_iterator_cf_opt(self.family(JOURNAL), settings::reading(false));
        records.seek_to_last();
        let Some((key, value)) = records.item() else {
            return match records.status() {
                Ok(()) => Ok(None),
                Err(error) => Err(ReadError::Store { seq: Seq::GENESIS, source: error.into() }),
            };
        };
        let seq = cursor::seq_of(key).unwrap_or(Seq::GENESIS);
        let record = Record::decode(value).map_err(|source| ReadError::Frame { seq, source })?;
        if record.header.seq == seq { Ok(Some(record)) } else { Err(ReadError::Missing { seq }) }
    }

    /// Reads the records from `from` to `last`; what was trimmed is an error at the beginning.
    ///
    /// A `bulk` reading reads ahead and leaves the cache as it was.
    pub(crate) fn cursor(&self, from: Seq, last: Seq, bulk: bool) -> Cursor<'_> {
        let records = self.db.raw_iterator_cf_opt(self.family(JOURNAL), settings::reading(bulk));
        // Looked at after the iterator is made: a trim that comes now does not take away what it sees.
        Cursor::new(records, from, last, self.begin().seq)
    }

    /// Reads the records from the last one back; those that cannot be read are told as such.
    pub(crate) fn backwards(&self) -> impl Iterator<Item = Result<Record, FrameError>> {
        let mut records =
            self.db.raw_iterator_cf_opt(self.family(JOURNAL), settings::reading(true));
        let mut is_begun = false;
        std::iter::from_fn(move || {
            if is_begun {
                records.prev();
            } else {
                records.seek_to_last();
                is_begun = true;
            }
            records.value().map(Record::decode)
        })
    }

    /// Reads records one by one, whatever lies between them.
    pub(crate) fn tolerant(&self) -> Tolerant<'_> {
        Tolerant::new(self.db.raw_iterator_cf_opt(self.family(JOURNAL), settings::reading(false)))
    }

    /// Makes the list of files of the closed database in `folder` anew from the files themselves.
    pub(crate) fn relist(folder: &Path) -> Result<(), rocksdb::Error> {
        DB::repair(&settings::options(Access::Lenient)?, folder)
    }

    /// Writes records whole or not at all; they are durable on return where `sync` is set.
    pub(crate) fn put<'a>(
        &self,
        records: impl Iterator<Item = (Seq, &'a [u8])>,
        sync: bool,
    ) -> Result<(), rocksdb::Error> {
        let family = self.family(JOURNAL);
        let mut batch = WriteBatch::default();
        for (seq, bytes) in records {
            batch.put_cf(family, cursor::key_of(seq), bytes);
        }
        self.write(batch, sync)
    }

    /// Returns the journal's identity, where it has one.
    pub(crate) fn cluster(&self) -> Result<Option<[u8; 16]>, rocksdb::Error> {
        Ok(self.meta(CLUSTER_KEY)?.and_then(|bytes| bytes.try_into().ok()))
    }

    /// Returns the layout's version; zero where nothing was written yet.
    pub(crate) fn format(&self) -> Result<u32, rocksdb::Error> {
        let bytes = self.meta(FORMAT_KEY)?.and_then(|bytes| bytes.try_into().ok());
        Ok(bytes.map_or(0, u32::from_le_bytes))
    }

    /// Writes the journal's identity and layout to the sorted files, where no damage of a log reaches them.
    pub(crate) fn found(&self, cluster: [u8; 16]) -> Result<(), rocksdb::Error> {
        let family = self.family(META);
        let mut batch = WriteBatch::default();
        batch.put_cf(family, FORMAT_KEY, FORMAT.to_le_bytes());
        batch.put_cf(family, CLUSTER_KEY, cluster);
        self.write(batch, true)?;
        self.flush()
    }

    /// Returns the epoch of the last opening that was noted.
    pub(crate) fn epoch(&self) -> Result<Epoch, rocksdb::Error> {
        let bytes = self.meta(EPOCH_KEY)?.and_then(|bytes| bytes.try_into().ok());
        Ok(Epoch::new(bytes.map_or(0, u64::from_le_bytes)))
    }

    /// Notes the epoch of an opening, durably.
    pub(crate) fn set_epoch(&self, epoch: Epoch) -> Result<(), rocksdb::Error> {
        let mut batch = WriteBatch::default();
        batch.put_cf(self.family(META), EPOCH_KEY, epoch.get().to_le_bytes());
        self.write(batch, true)
    }

    /// Returns once everything that was written is durable, be it in a log.
    pub(crate) fn sync(&self) -> Result<(), rocksdb::Error> {
        self.db.flush_wal(true)
    }

    /// Writes everything to sorted files and returns once that is durable. Not for a lenient opening.
    pub(crate) fn flush(&self) -> Result<(), rocksdb::Error> {
        let mut options = FlushOptions::default();
        options.set_wait(true);
        self.db.flush_cfs_opt(&[self.family(JOURNAL), self.family(META)], &options)
    }

    /// Returns the database, for what RocksDB does to its files.
    pub(crate) const fn database(&self) -> &DB {
        &self.db
    }

    fn write(&self, batch: WriteBatch, sync: bool) -> Result<(), rocksdb::Error> {
        let mut options = WriteOptions::default();
        options.set_sync(sync);
        self.db.write_opt(batch, &options)
    }

    fn meta(&self, key: &[u8]) -> Result<Option<Vec<u8>>, rocksdb::Error> {
        self.db.get_cf(self.family(META), key)
    }

    fn family(&self, name: &str) -> &ColumnFamily {
        self.db.cf_handle(name).expect("both column families are opened with the database")
    }
}
