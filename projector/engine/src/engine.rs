//! The start of an engine.

use std::sync::Arc;
use std::thread;

use journal_log::{
    AppendError, Body, Chain, Draft, EncodeError, EpochBodyV1, Journal, RequestId, SnapshotStore,
    Timestamp,
};
use projector_machine::Machine;
use tokio::sync::watch;

use crate::replay::replay;
use crate::sequencer::Sequencer;
use crate::shared::Shared;
use crate::snapshots::Snapshots;
use crate::{
    Clock, EngineOptions, FatalError, Handle, Opening, ReplayError, ReplayOptions, ReplayReport,
    Replayed,
};

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
        mut journal: J,
        snapshots: Arc<dyn SnapshotStore>,
        clock: Arc<dyn Clock>,
        options: EngineOptions,
        on_fatal: impl FnOnce(FatalError) + Send + 'static,
    ) -> Result<(Handle<M>, ReplayReport), StartError> {
        let reader = journal.reader();
        let replay_options = ReplayOptions {
            until: None,
            use_snapshots: true,
            verify_state: options.verify_state,
            binary: options.opening.binary.clone(),
            on_progress: options.on_progress.clone(),
        };
        let Replayed { mut world, tail: read, last, report } =
            replay::<M>(&*reader, &*snapshots, &replay_options)?;
        let tail = journal.tail();
        if (tail.seq, tail.hash) != (read.seq, read.hash) {
            return Err(ReplayError::Tail { read: read.seq, tail: tail.seq }.into());
        }

        clock.resume(last);
        let now = last.max(clock.now());
        let mut chain = Chain::new(tail);
        journal.append(&chain.group(now, vec![epoch_draft(&options.opening, now)?]))?;
        (world.seq, world.at) = (chain.tail().seq, now);

        let (head, head_seen) = watch::channel(world.seq);
        let kept = Arc::clone(&snapshots);
        let shared = Arc::new(Shared::new(world, head_seen, reader, kept, options.submit_wait));
        wake_with_clock(&*clock, &shared);
        let folded = (report.records, report.record_bytes);
        let binary = options.opening.binary;
        let snapshots =
            Snapshots::new(Arc::clone(&shared), snapshots, options.snapshots, binary, folded);
        let sequencer = Sequencer {
            journal,
            chain,
            world: shared.world.load_full(),
            shared: Arc::clone(&shared),
            snapshots,
            clock,
            last: now,
            head,
            on_fatal: Some(Box::new(on_fatal)),
        };
        thread::Builder::new().name("sequencer".to_owned()).spawn(move || sequencer.run())?;
        Ok((Handle::new(shared), report))
    }
}

fn epoch_draft(opening: &Opening, now: Timestamp) -> Result<Draft, EncodeError> {
    let body = EpochBodyV1 {
        now,
        node: opening.node.clone(),
        boot: opening.boot.clone(),
        binary: opening.binary.clone(),
        cluster: opening.cluster,
        recovery: opening.recovery.clone(),
    };
    Draft::new(RequestId::NONE, &Body::Epoch(body))
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
