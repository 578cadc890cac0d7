//! The start of an engine.

use std::sync::Arc;
use std::thread;

use journal_log::{AppendError, EncodeError, Journal, JournalReader, SnapshotStore};
use projector_machine::Machine;
use tokio::sync::watch;

use crate::metrics::Metrics;
use crate::sequencer::{OnFatal, Sequencer};
use crate::shared::Shared;
use crate::snapshots::Snapshots;
use crate::writer::Writer;
use crate::{Clock, EngineOptions, FatalError, Handle, Past, ReplayError, ReplayReport, World};

/// The single writer of a journal.
#[derive(Debug)]
pub struct Engine;

/// Why an engine cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The log cannot be replayed. Nothing was written.
    #[error("the log cannot be replayed")]
    Replay(#[from] ReplayError),
    /// The record with which an opening begins cannot be made.
    #[error("the epoch record cannot be written")]
    Encode(#[from] EncodeError),
    /// The journal did not take the record with which an opening begins.
    #[error("the journal did not take the epoch record")]
    Append(#[from] AppendError),
    /// There is no thread for the sequencer.
    #[error("the sequencer's thread cannot be started")]
    Thread(#[from] std::io::Error),
}

impl Engine {
    /// Replays the log of `journal`, appends the epoch record, and starts the thread that writes.
    ///
    /// It blocks as long as the replay takes. `on_fatal` is told when the engine cannot go on; it has to end the
    /// process, for what is durable is found out by the next opening only.
    pub fn start<M: Machine, J: Journal + 'static>(
        journal: J,
        snapshots: Arc<dyn SnapshotStore>,
        clock: Arc<dyn Clock>,
        options: EngineOptions,
        on_fatal: impl FnOnce(FatalError) + Send + 'static,
    ) -> Result<(Handle<M>, ReplayReport), StartError> {
        let (writer, report) = Writer::open(journal, &*snapshots, Arc::clone(&clock), &options)?;
        let (head, head_seen) = watch::channel(writer.world().seq);
        let binary = options.opening.binary;
        let shared = Arc::new(Shared::new(
            Arc::clone(writer.world()),
            head_seen,
            writer.reader(),
            Arc::clone(&snapshots),
            Past::new(writer.reader(), Arc::clone(&snapshots), &binary),
            Arc::clone(writer.metrics()),
            options.submit_wait,
        ));
        wake_with_clock(&*clock, &shared);
        let folded = (report.records, report.record_bytes);
        let snapshots =
            Snapshots::new(Arc::clone(&shared), snapshots, options.snapshots, binary, folded);
        let on_fatal: OnFatal = Box::new(on_fatal);
        let (shared_too, on_fatal) = (Arc::clone(&shared), Some(on_fatal));
        let sequencer = Sequencer { writer, shared: shared_too, snapshots, head, on_fatal };
        thread::Builder::new().name("sequencer".to_owned()).spawn(move || sequencer.run())?;
        Ok((Handle::new(shared), report))
    }
}

impl Engine {
    /// Serves a world that was read from the log of `reader`, and no more than that.
    ///
    /// Nothing is written, and whatever is submitted is turned away as after the end of an engine; yet waiters and
    /// feeds wait as if there were one.
    pub fn look<M: Machine>(
        world: World<M>,
        reader: Arc<dyn JournalReader>,
        snapshots: Arc<dyn SnapshotStore>,
        binary: &str,
    ) -> Handle<M> {
        let (head, head_seen) = watch::channel(world.seq);
        let shared = Shared::new(
            Arc::new(world),
            head_seen,
            Arc::clone(&reader),
            Arc::clone(&snapshots),
            Past::new(reader, snapshots, binary),
            Arc::new(Metrics::new()),
            EngineOptions::default().submit_wait,
        );
        shared.inbox.close();
        Handle::without_engine(Arc::new(shared), head)
    }
}

/// Lets a clock that is moved wake the sequencer, as long as there is one.
fn wake_with_clock<M: Machine>(clock: &dyn Clock, shared: &Arc<Shared<M>>) {
    let shared = Arc::downgrade(shared);
    clock.on_advance(Arc::new(move || {
        if let Some(shared) = shared.upgrade() {
            shared.inbox.wake();
        }
    }));
}
