//! What must not be deleted although nothing in the state refers to it yet: the bytes of transfers in flight.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use crate::digest::Digest;

/// Who holds what, and when each digest was last held.
#[derive(Debug, Clone, Default)]
pub(crate) struct Leases(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    /// How often each digest is held now.
    counts: HashMap<Digest, usize>,
    /// The moment at which each digest was held last. It has as many entries as transfers brought digests since the
    /// start and nobody deleted.
    last: HashMap<Digest, u64>,
    /// Moments that have passed.
    now: u64,
    /// The leases that are open, by their numbers.
    open: HashMap<u64, Weak<Holding>>,
    /// Leases that were granted.
    granted: u64,
}

/// Holds blobs and layers for a transfer, until it is dropped.
///
/// It is kept until the state refers to what the transfer brought, or until the transfer has failed. A restart of
/// the server ends all leases, as it ends all transfers.
#[derive(Debug)]
pub struct Lease(Arc<Holding>);

#[derive(Debug)]
struct Holding {
    leases: Leases,
    number: u64,
    held: Mutex<Vec<Digest>>,
}

/// A moment in the life of a store, taken before a look at the state.
///
/// Between that look and a deletion that follows from it, a transfer may come, find what is about to be deleted,
/// refer to it, and go. Deletions that know the moment see that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark(u64);

impl Mark {
    /// Makes the mark again of its number.
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// Gives the number, for those who carry it through code that does not know this store.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl Leases {
    /// Begins a lease that holds nothing yet.
    pub(crate) fn grant(&self) -> Lease {
        let mut held = locked(&self.0);
        held.granted += 1;
        let number = held.granted;
        let holding = Holding { leases: self.clone(), number, held: Mutex::default() };
        let holding = Arc::new(holding);
        held.open.insert(number, Arc::downgrade(&holding));
        Lease(holding)
    }

    /// Gives an open lease again by its number.
    pub(crate) fn open(&self, number: u64) -> Option<Lease> {
        locked(&self.0).open.get(&number).and_then(Weak::upgrade).map(Lease)
    }

    /// Gives the present moment.
    pub(crate) fn mark(&self) -> Mark {
        Mark(locked(&self.0).now)
    }

    /// Does `remove` unless `digest` is held, or was since `mark`, and lets nobody hold it meanwhile.
    pub(crate) fn unless_held<T>(
        &self,
        digest: Digest,
        mark: Mark,
        remove: impl FnOnce() -> T,
    ) -> Option<T> {
        let mut held = locked(&self.0);
        let last = held.last.get(&digest).copied().unwrap_or_default();
        let is_held = held.counts.contains_key(&digest);
        let was_held = last > mark.0 && !journal_log::planted!("layer-dropped-after-lease");
        if was_held || (is_held && !journal_log::planted!("layer-dropped-while-leased")) {
            return None;
        }
        held.last.remove(&digest);
        Some(remove())
    }
}

impl Lease {
    /// Holds the blob and the layer of this digest. Whoever wants to use what may be there already holds it first,
    /// and then looks whether it is there.
    pub fn hold(&self, digest: Digest) {
        let mut held = locked(&self.0.leases.0);
        held.now += 1;
        let now = held.now;
        held.last.insert(digest, now);
        *held.counts.entry(digest).or_default() += 1;
        locked(&self.0.held).push(digest);
    }

    /// Gives its number, for those who carry it through code that does not know this store.
    pub fn number(&self) -> u64 {
        self.0.number
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        let mut held = locked(&self.leases.0);
        held.open.remove(&self.number);
        held.now += 1;
        let now = held.now;
        for digest in locked(&self.held).drain(..) {
            // It was held up to now: a look at the state from before may not know of what the transfer has added.
            held.last.insert(digest, now);
            if let Some(count) = held.counts.get_mut(&digest) {
                *count -= 1;
                if *count == 0 {
                    held.counts.remove(&digest);
                }
            }
        }
    }
}

/// Locks; the counts are right at every point where a panic could leave them.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
