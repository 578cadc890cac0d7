//! Reading beside the writer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::{io, vec};

use bytes::Bytes;
use journal_log::{JournalReader, ReadError, Record, Seq, Tail};

use crate::store::{Store, checked};

/// Records from which on a reading gets a thread that reads ahead.
///
/// A thread costs as much as reading some hundred records; replay and verification read many thousands.
const READ_AHEAD_MIN: u64 = 2048;

/// Bytes of records handed over at once.
const CHUNK_BYTES: usize = 256 << 10;

/// Chunks between the reading thread and the one that uses them: one in each hand and two to even out.
const CHUNKS: usize = 4;

/// The reading end of a journal.
#[derive(Clone)]
pub(crate) struct Reader {
    store: Arc<Store>,
    head: Arc<AtomicU64>,
}

impl Reader {
    /// Reads what is in `store`, up to what `head` holds at each reading's beginning.
    pub(crate) const fn new(store: Arc<Store>, head: Arc<AtomicU64>) -> Self {
        Self { store, head }
    }
}

impl JournalReader for Reader {
    fn read(
        &self,
        from: Seq,
    ) -> Result<Box<dyn Iterator<Item = Result<Record, ReadError>> + Send + '_>, ReadError> {
        let (from, last) = (from.max(Seq::FIRST), self.head());
        let first = self.first();
        if from < first {
            return Err(ReadError::Trimmed { seq: from, first });
        }
        if last.get().saturating_sub(from.get()) < READ_AHEAD_MIN {
            return Ok(Box::new(self.store.cursor(from, last, false)));
        }
        let ahead = ReadAhead::start(Arc::clone(&self.store), from, last);
        ahead
            .map(|ahead| Box::new(ahead) as Box<dyn Iterator<Item = _> + Send>)
            .map_err(|error| ReadError::Store { seq: from, source: error.into() })
    }

    fn head(&self) -> Seq {
        Seq::new(self.head.load(Ordering::Acquire))
    }

    fn begin(&self) -> Tail {
        self.store.begin()
    }
}

/// A reading whose records come from another thread, checked.
struct ReadAhead {
    /// Taken by the drop alone, which ends the thread.
    chunks: Option<Receiver<Vec<Result<Record, ReadError>>>>,
    thread: Option<JoinHandle<()>>,
    chunk: vec::IntoIter<Result<Record, ReadError>>,
}

impl ReadAhead {
    fn start(store: Arc<Store>, from: Seq, last: Seq) -> io::Result<Self> {
        let (sender, chunks) = sync_channel(CHUNKS);
        let thread = thread::Builder::new()
            .name("journal-read".to_owned())
            .spawn(move || read_ahead(&store, from, last, &sender))?;
        Ok(Self { chunks: Some(chunks), thread: Some(thread), chunk: Vec::new().into_iter() })
    }
}

impl Iterator for ReadAhead {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.chunk.next() {
                return Some(record);
            }
            self.chunk = self.chunks.as_ref()?.recv().ok()?.into_iter();
        }
    }
}

impl Drop for ReadAhead {
    /// Waits for the thread, so that no reading keeps the database open after its end.
    fn drop(&mut self) {
        self.chunks = None;
        if let Some(thread) = self.thread.take() {
            // After a panic of the thread the reading has ended early, which its user sees as a gap.
            drop(thread.join());
        }
    }
}

/// Sends the records in chunks until the end, the first error, or the receiver's going.
fn read_ahead(
    store: &Store,
    from: Seq,
    last: Seq,
    sender: &SyncSender<Vec<Result<Record, ReadError>>>,
) {
    let mut cursor = store.cursor(from, last, true);
    let mut places = Vec::new();
    loop {
        // The records of a chunk share its memory: one allocation for some hundred bodies.
        let mut bytes = Vec::with_capacity(CHUNK_BYTES);
        let mut end = None;
        while bytes.len() < CHUNK_BYTES && end.is_none() {
            match cursor.next_bytes() {
                Some(Ok((seq, record))) => {
                    bytes.extend_from_slice(record);
                    places.push((seq, bytes.len()));
                }
                Some(Err(error)) => end = Some(Some(error)),
                None => end = Some(None),
            }
        }
        let mut shared = Bytes::from(bytes);
        let mut begin = 0;
        let mut chunk: Vec<_> = places
            .drain(..)
            .map(|(seq, end)| {
                let record = shared.split_to(end - begin);
                begin = end;
                checked(seq, Record::decode_shared(&record))
            })
            .collect();
        let is_end = end.is_some() || chunk.iter().any(Result::is_err);
        if let Some(bad) = chunk.iter().position(Result::is_err) {
            chunk.truncate(bad + 1);
        } else {
            chunk.extend(end.flatten().map(Err));
        }
        if sender.send(chunk).is_err() || is_end {
            return;
        }
    }
}
