//! The loop of the one thread that writes.
//!
//! It takes what waits, decides each command on a state of its own, appends all records as one group, and only
//! then publishes the state and answers. While a group is being made durable the next one gathers in the inbox,
//! so one sync serves as many commands as came in during the one before; there is no timer in this.
//!
//! A journal that fails ends the loop: nobody is answered, nothing is tried again.

mod publish;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use journal_log::{Journal, Seq};
use projector_machine::Machine;
use tokio::sync::watch;

use crate::inbox::SnapshotEnd;
use crate::shared::Shared;
use crate::snapshots::Snapshots;
use crate::writer::{Batch, Writer};
use crate::{FatalError, panics};

/// Whom a fatal error is told to.
pub(crate) type OnFatal = Box<dyn FnOnce(FatalError) + Send>;

/// The writer's thread.
pub(crate) struct Sequencer<M: Machine, J: Journal> {
    pub(crate) writer: Writer<M, J>,
    pub(crate) shared: Arc<Shared<M>>,
    pub(crate) snapshots: Snapshots<M>,
    pub(crate) head: watch::Sender<Seq>,
    pub(crate) on_fatal: Option<OnFatal>,
}

/// A fatal error was told, and the loop is over.
struct Ended;

impl<M: Machine, J: Journal> Sequencer<M, J> {
    /// Runs until the inbox is closed or something fatal happens; gives the journal back before it tells that it
    /// has ended.
    pub(crate) fn run(mut self) {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.run_turns()));
        if let Err(panic) = outcome {
            let message = panics::message_of(&*panic);
            self.tell(FatalError::Panicked { after: self.writer.world().seq, message });
        }
        self.shared.inbox.close();
        self.snapshots.end();
        // A reader of the journal is among what is shared. Whoever hears of the end has to be the last who may hold one:
        // a process that ends while its database is being closed elsewhere is aborted by it.
        let Self { writer, shared, snapshots, head, on_fatal } = self;
        drop((on_fatal, snapshots, shared, writer));
        drop(head);
    }

    fn run_turns(&mut self) {
        let mut queue = VecDeque::new();
        self.snapshots.consider(self.writer.world(), self.writer.tail_hash());
        loop {
            let wait = self.writer.wait();
            let taken = self.shared.inbox.take(wait, &mut queue);
            if !taken.is_open {
                return;
            }
            self.writer.add_notes(taken.notes);
            if let Some(end) = taken.snapshot {
                self.snapshots.end();
                match end {
                    SnapshotEnd::Saved(body) => self.writer.name_snapshot(body),
                    SnapshotEnd::Failed => {}
                }
            }
            loop {
                let batch = self.writer.build(&mut queue);
                if self.commit(batch).is_err() {
                    return;
                }
                if queue.is_empty() {
                    break;
                }
            }
        }
    }

    fn commit(&mut self, batch: Batch<M>) -> Result<(), Ended> {
        let group = match self.writer.commit(batch) {
            Ok(Some(group)) => group,
            Ok(None) => return Ok(()),
            Err(failure) => {
                self.tell(failure.error);
                drop(failure.unanswered);
                return Err(Ended);
            }
        };
        let commands = group.entries.iter().filter(|entry| entry.is_command()).count();
        let world = self.writer.world();
        publish::publish(&self.shared, &self.head, world, group.entries);
        self.snapshots.count(commands, group.size_bytes);
        self.snapshots.consider(world, self.writer.tail_hash());
        Ok(())
    }

    fn tell(&mut self, error: FatalError) {
        let cause: &dyn std::error::Error = &error;
        tracing::error!(error = cause, "the engine cannot go on");
        if let Some(on_fatal) = self.on_fatal.take() {
            // Whatever it does, the submitters must not be left waiting.
            let _ = catch_unwind(AssertUnwindSafe(|| on_fatal(error)));
        }
    }
}
