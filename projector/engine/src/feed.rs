//! What has happened, in order: from the log as far as need be, then as it comes.
//!
//! Live events come from a ring of the newest ones. A feed that is behind the ring's beginning reads from the
//! journal until it has caught up, so a slow reader loses nothing and holds nobody up. A feed at the head sleeps.

mod history;
mod ring;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use journal_log::{ReadError, Seq};
use projector_machine::{Machine, Stamp};
use tokio::sync::watch;

pub(crate) use self::ring::Ring;
use crate::ReplayError;
use crate::shared::Shared;

/// Items that a feed takes at once; it bounds what a slow reader holds.
const CHUNK_ITEMS: usize = 256;

/// The events of one record.
pub struct FeedItem<M: Machine> {
    /// The record.
    pub stamp: Stamp,
    /// What has happened; never empty.
    pub events: Arc<[M::Event]>,
}

/// Follows the log: every record with events from a place on, in order, each once.
///
/// An item is given only when the published world has it. Records without events (refusals, starts, snapshots)
/// are passed over.
pub struct Feed<M: Machine> {
    shared: Arc<Shared<M>>,
    head: watch::Receiver<Seq>,
    next: Seq,
    ready: VecDeque<FeedItem<M>>,
}

/// Why a feed ends.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The engine has ended, and everything up to its end was given.
    #[error("the engine has ended")]
    Stopped,
    /// History cannot be read.
    #[error("the history of the feed cannot be read")]
    Read(#[from] ReadError),
    /// History cannot be understood.
    #[error("the history of the feed cannot be understood")]
    Decode(#[source] Box<ReplayError>),
    /// The thread that was reading history panicked.
    #[error("the reading of the feed's history panicked")]
    Panicked,
}

impl<M: Machine> Feed<M> {
    pub(crate) fn new(shared: Arc<Shared<M>>, from: Seq) -> Self {
        let head = shared.head.clone();
        Self { shared, head, next: from.max(Seq::FIRST), ready: VecDeque::new() }
    }

    /// Returns the last record there is at present.
    pub fn head(&self) -> Seq {
        *self.head.borrow()
    }

    /// Waits for the next item.
    ///
    /// It may be dropped while it waits, and nothing is lost. It reads history on tokio's blocking threads.
    pub async fn next(&mut self) -> Result<FeedItem<M>, FeedError> {
        loop {
            if let Some(item) = self.next_up_to(Seq::LAST).await? {
                return Ok(item);
            }
        }
    }

    /// Waits for the next item that is not after the record `last`; `None` once there is none left.
    ///
    /// Where `last` is in the log already, it does not wait for anything but the reading.
    pub async fn next_up_to(&mut self, last: Seq) -> Result<Option<FeedItem<M>>, FeedError> {
        loop {
            if self.ready.front().is_some_and(|item| item.stamp.seq > last) {
                return Ok(None);
            }
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            if self.next > last {
                return Ok(None);
            }
            let head = *self.head.borrow_and_update();
            if self.next > head {
                self.head.changed().await.map_err(|_| FeedError::Stopped)?;
                continue;
            }
            let chunk = self.shared.ring().after(self.next, CHUNK_ITEMS);
            let chunk = match chunk {
                Some(chunk) => chunk,
                None => self.history(head).await?,
            };
            self.ready = chunk.items;
            self.next = chunk.next;
        }
    }

    async fn history(&self, head: Seq) -> Result<Chunk<M>, FeedError> {
        self.shared.metrics.feed_resyncs.add(1);
        let (reader, next) = (Arc::clone(&self.shared.reader), self.next);
        let read = tokio::task::spawn_blocking(move || history::read(&*reader, next, head));
        read.await.map_err(|_| FeedError::Panicked)?
    }
}

/// Some items in a row, and the place after all that was looked at.
pub(crate) struct Chunk<M: Machine> {
    items: VecDeque<FeedItem<M>>,
    next: Seq,
}

impl<M: Machine> Clone for FeedItem<M> {
    fn clone(&self) -> Self {
        Self { stamp: self.stamp, events: Arc::clone(&self.events) }
    }
}

impl<M: Machine> fmt::Debug for FeedItem<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeedItem")
            .field("stamp", &self.stamp)
            .field("events", &self.events)
            .finish()
    }
}

impl<M: Machine> fmt::Debug for Feed<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("next", &self.next).finish_non_exhaustive()
    }
}
