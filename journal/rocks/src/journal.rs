//! The journal of a running server.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use journal_log::{Admission, AppendError, Journal, JournalReader, Record, Seq, StoreError, Tail};

use crate::flusher::Flusher;
use crate::open::{self, Opened};
use crate::options::{OnSync, Options, SyncTimes};
use crate::places::Places;
use crate::reader::Reader;
use crate::ring::frame::Frame;
use crate::stopwatch::Stopwatch;
use crate::store::Store;
use crate::upkeep::Upkeep;
use crate::witness::{Placement, Witness};
use crate::{OpenError, OpenReport};

/// Bytes of a frame's memory that is kept for the next one.
const BUFFER_BYTES_MAX: usize = 1 << 20;

/// A journal in RocksDB with a witness beside it.
///
/// An append writes RocksDB's log and the witness at the same time and returns when both are durable. Any error
/// of it leaves the tail unknown: the process has to end, and the next opening finds out.
pub struct RocksJournal {
    admission: Admission,
    head: Arc<AtomicU64>,
    store: Arc<Store>,
    witness: Witness,
    placement: Placement,
    flusher: Flusher,
    nonce: [u8; 16],
    buffer: Vec<u8>,
    upkeep: Upkeep,
    is_broken: bool,
    on_sync: Option<OnSync>,
}

impl RocksJournal {
    /// Opens the journal in `folder`, makes it where there is none, and mends what can be mended.
    ///
    /// It is the only owner until it and its readers are dropped. The report says what was found and done.
    pub fn open(folder: &Path, options: &Options) -> Result<(Self, OpenReport), OpenError> {
        let (opened, report) = open::open(folder, options)?;
        let Opened { store, ring, last, epoch, flushed } = opened;
        let store = Arc::new(store);
        let upkeep = Upkeep::new(Arc::clone(&store), Places::new(folder).database());
        let area_bytes = ring.area_bytes();
        let (file, header, spans) = ring.into_parts();
        let threads = |source| OpenError::Thread { source };
        let journal = Self {
            admission: Admission::new(last, epoch),
            head: Arc::new(AtomicU64::new(last.seq.get())),
            witness: Witness::start(file).map_err(threads)?,
            placement: Placement::new(area_bytes, &spans),
            flusher: Flusher::start(Arc::clone(&store), flushed, area_bytes).map_err(threads)?,
            store,
            nonce: header.nonce,
            buffer: Vec::new(),
            upkeep,
            is_broken: false,
            on_sync: options.on_sync.clone(),
        };
        Ok((journal, report))
    }

    /// Returns what trims and copies the files beside the writing.
    pub fn upkeep(&self) -> Upkeep {
        self.upkeep.clone()
    }

    /// Writes `frame` to both stores; returns what it has cost.
    fn write(&mut self, frame: &Arc<Frame>, durable: Seq) -> Result<SyncTimes, StoreError> {
        let watch = Stopwatch::start();
        let bytes = frame.bytes().len();
        let place = self.placement.place(bytes as u64, frame.last());
        if !journal_log::planted!("witness-overwrites-unflushed") {
            self.flusher.wait(place.overwrites, durable)?;
        }
        self.witness.begin(place.offset, frame)?;
        let log_watch = Stopwatch::start();
        let sync = !journal_log::planted!("ack-before-sync");
        let logged = self.store.put(frame.records(), sync);
        let log = log_watch.elapsed();
        // The witness is waited for also where the log failed, so that nothing is under way any more.
        let witness = self.witness.finish()?;
        if !journal_log::planted!("failed-sync-ignored") {
            logged?;
        }
        self.flusher.wrote(bytes as u64, frame.last());
        let records = frame.records().count();
        Ok(SyncTimes { records, bytes, log, witness, total: watch.elapsed() })
    }
}

impl Journal for RocksJournal {
    fn append(&mut self, group: &[Record]) -> Result<(), AppendError> {
        if self.is_broken {
            return Err(AppendError::Broken);
        }
        if group.is_empty() {
            return Ok(());
        }
        let next = self.admission.admit(group)?;
        let durable = self.admission.head();
        let epoch = next.tail().epoch.get();
        let buffer = std::mem::take(&mut self.buffer);
        let frame = Arc::new(Frame::build(buffer, &self.nonce, epoch, group));
        if frame.bytes().len() as u64 > self.placement.frame_bytes_max() {
            let size_bytes = frame.bytes().len();
            return Err(AppendError::TooLarge { records: group.len(), size_bytes });
        }
        let times = self.write(&frame, durable).map_err(|source| {
            self.is_broken = true;
            AppendError::Store { first: durable.next(), count: group.len(), source }
        })?;
        self.admission = next;
        self.head.store(next.head().get(), Ordering::Release);
        if let Some(on_sync) = &self.on_sync {
            on_sync(&times);
        }
        self.buffer = Arc::into_inner(frame).map(Frame::into_buffer).unwrap_or_default();
        if self.buffer.capacity() > BUFFER_BYTES_MAX {
            self.buffer = Vec::new();
        }
        Ok(())
    }

    fn tail(&self) -> Tail {
        self.admission.tail()
    }

    fn reader(&self) -> Arc<dyn JournalReader> {
        Arc::new(Reader::new(Arc::clone(&self.store), Arc::clone(&self.head)))
    }
}

impl fmt::Debug for RocksJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RocksJournal").field("tail", &self.tail()).finish_non_exhaustive()
    }
}
