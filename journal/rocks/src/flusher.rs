//! Keeps RocksDB's log shorter than the witness.
//!
//! The witness mends whatever is lost of the log, as long as it holds all of it. So before a frame would
//! overwrite records that are in no sorted file yet, they are flushed. One thread does that ahead of need; the
//! appending thread waits only where it is faster than the disk.

use std::io;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use journal_log::{Seq, StoreError};

use crate::store::Store;

/// Flushes are begun when this share of the witness was written since the last.
///
/// At a quarter there is room for three times as much while the flush runs.
const SHARE: u64 = 4;

/// The thread that flushes, and what it has done.
#[derive(Debug)]
pub(crate) struct Flusher {
    /// Taken by the drop alone, which ends the thread.
    requests: Option<SyncSender<Seq>>,
    thread: Option<JoinHandle<()>>,
    progress: Arc<Progress>,
    written_bytes: u64,
    every_bytes: u64,
}

#[derive(Debug)]
struct Progress {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    flushed: Seq,
    failure: Option<String>,
}

impl Flusher {
    /// Starts the thread; everything up to `flushed` is in sorted files. It ends when the flusher is dropped.
    pub(crate) fn start(store: Arc<Store>, flushed: Seq, area_bytes: u64) -> io::Result<Self> {
        let state = Mutex::new(State { flushed, failure: None });
        let progress = Arc::new(Progress { state, changed: Condvar::new() });
        let seen = Arc::clone(&progress);
        // A request behind one that is under way is enough: it covers all that came since.
        let (requests, inbox) = sync_channel::<Seq>(1);
        let builder = thread::Builder::new().name("journal-flush".to_owned());
        let thread = builder.spawn(move || {
            for seq in inbox {
                let result = store.flush();
                let mut state = seen.state();
                match result {
                    Ok(()) => state.flushed = state.flushed.max(seq),
                    Err(error) => state.failure = Some(error.to_string()),
                }
                seen.changed.notify_all();
            }
        })?;
        Ok(Self {
            requests: Some(requests),
            thread: Some(thread),
            progress,
            written_bytes: 0,
            every_bytes: area_bytes / SHARE,
        })
    }

    /// Notes that `bytes` more were written up to `last`, all durable; begins a flush where it is time.
    pub(crate) fn wrote(&mut self, bytes: u64, last: Seq) {
        self.written_bytes += bytes;
        if self.written_bytes >= self.every_bytes {
            // Where one waits already, the next append asks again.
            if self.request(last).is_ok() {
                self.written_bytes = 0;
            }
        }
    }

    /// Waits until everything up to `wanted` is in sorted files; `durable` is the last durable record.
    ///
    /// A flush that has failed is told at once, also where nothing has to be waited for.
    pub(crate) fn wait(&self, wanted: Seq, durable: Seq) -> Result<(), StoreError> {
        let mut state = self.progress.state();
        loop {
            if let Some(failure) = &state.failure {
                return Err(failure.clone().into());
            }
            if state.flushed >= wanted {
                return Ok(());
            }
            if matches!(self.request(durable), Err(TrySendError::Disconnected(_))) {
                return Err("the flushing thread has ended".into());
            }
            let waited = self.progress.changed.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn request(&self, last: Seq) -> Result<(), TrySendError<Seq>> {
        match &self.requests {
            Some(requests) => requests.try_send(last),
            None => Err(TrySendError::Disconnected(last)),
        }
    }
}

impl Drop for Flusher {
    /// Waits for the thread, so that the database is closed with its journal.
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported to whoever waited for it.
            drop(thread.join());
        }
    }
}

impl Progress {
    // Nothing is left half done by a panic, so poison is passed over.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
