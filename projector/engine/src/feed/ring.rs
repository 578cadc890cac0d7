//! The newest events, kept for those who follow closely.

use std::collections::VecDeque;

use journal_log::Seq;
use projector_machine::Machine;

use super::{Chunk, FeedItem};

/// Items of the ring: at full speed more than half a second of the log.
const ITEMS_MAX: usize = 4096;

/// Bytes of the records whose events are in the ring, so that large events are not multiplied by the items.
const BYTES_MAX: usize = 8 << 20;

/// The newest items without a gap.
pub(crate) struct Ring<M: Machine> {
    items: VecDeque<(FeedItem<M>, usize)>,
    size_bytes: usize,
    /// Every item from here to the head is in the ring.
    floor: Seq,
    head: Seq,
}

impl<M: Machine> Ring<M> {
    /// Begins after `head`.
    pub(crate) fn new(head: Seq) -> Self {
        Self { items: VecDeque::new(), size_bytes: 0, floor: head.next(), head }
    }

    /// Adds an item of a record of `size_bytes` bytes; the oldest give way.
    pub(crate) fn push(&mut self, item: FeedItem<M>, size_bytes: usize) {
        self.head = item.stamp.seq;
        self.items.push_back((item, size_bytes));
        self.size_bytes += size_bytes;
        while self.items.len() > ITEMS_MAX || self.size_bytes > BYTES_MAX {
            let Some((oldest, oldest_bytes)) = self.items.pop_front() else { break };
            self.size_bytes -= oldest_bytes;
            self.floor = oldest.stamp.seq.next();
        }
    }

    /// Notes that all records up to `head` were looked at.
    pub(crate) const fn advance(&mut self, head: Seq) {
        self.head = head;
    }

    /// Returns at most `most` items from `from` on; `None` where the ring begins later.
    pub(crate) fn after(&self, from: Seq, most: usize) -> Option<Chunk<M>> {
        if from < self.floor {
            return None;
        }
        let start = self.items.partition_point(|(item, _)| item.stamp.seq < from);
        let items: VecDeque<_> =
            self.items.range(start..).take(most).map(|(item, _)| item.clone()).collect();
        let is_all = start + items.len() == self.items.len();
        let last = items.back().map_or(self.head, |item| item.stamp.seq);
        let next = if is_all { self.head.next() } else { last.next() };
        Some(Chunk { items, next: next.max(from) })
    }
}

#[cfg(test)]
mod tests;
