//! What will happen, in the order of its time; what falls on one time comes in the order in which it was asked for.

use std::{cmp::Ordering, collections::BinaryHeap};

use journal_log::Timestamp;

/// Events to come.
#[derive(Debug)]
pub(crate) struct Queue<E> {
    heap: BinaryHeap<Entry<E>>,
    pushed: u64,
}

#[derive(Debug)]
struct Entry<E> {
    at: Timestamp,
    number: u64,
    event: E,
}

// === impl Queue ===

impl<E> Queue<E> {
    pub(crate) const fn new() -> Self {
        Self { heap: BinaryHeap::new(), pushed: 0 }
    }

    pub(crate) fn push(&mut self, at: Timestamp, event: E) {
        self.pushed += 1;
        self.heap.push(Entry { at, number: self.pushed, event });
    }

    pub(crate) fn pop(&mut self) -> Option<(Timestamp, E)> {
        self.heap.pop().map(|entry| (entry.at, entry.event))
    }
}

// === impl Entry ===

impl<E> Entry<E> {
    const fn key(&self) -> (Timestamp, u64) {
        (self.at, self.number)
    }
}

// The heap gives the greatest first, and the earliest is wanted.
impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<E> Eq for Entry<E> {}
