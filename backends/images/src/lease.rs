//! What must not be deleted although nothing in the state refers to it yet: the bytes of transfers in flight.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::digest::Digest;

/// How often each digest is held.
#[derive(Debug, Clone, Default)]
pub(crate) struct Leases(Arc<Mutex<HashMap<Digest, usize>>>);

/// Holds blobs and layers for a transfer, until it is dropped.
///
/// It is kept until the state refers to what the transfer brought, or until the transfer has failed. A restart of
/// the server ends all leases, as it ends all transfers.
#[derive(Debug)]
pub struct Lease {
    leases: Leases,
    held: Mutex<Vec<Digest>>,
}

impl Leases {
    /// Begins a lease that holds nothing yet.
    pub(crate) fn grant(&self) -> Lease {
        Lease { leases: self.clone(), held: Mutex::default() }
    }

    /// Does `remove` unless `digest` is held, and lets nobody hold it meanwhile; `None` when it is held.
    pub(crate) fn unless_held<T>(&self, digest: Digest, remove: impl FnOnce() -> T) -> Option<T> {
        let counts = locked(&self.0);
        if counts.contains_key(&digest) { None } else { Some(remove()) }
    }
}

impl Lease {
    /// Holds the blob and the layer of this digest. Whoever wants to use what may be there already holds it first,
    /// and then looks whether it is there.
    pub fn hold(&self, digest: Digest) {
        *locked(&self.leases.0).entry(digest).or_default() += 1;
        locked(&self.held).push(digest);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut counts = locked(&self.leases.0);
        for digest in locked(&self.held).drain(..) {
            if let Some(count) = counts.get_mut(&digest) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(&digest);
                }
            }
        }
    }
}

/// Locks; the counts are right at every point where a panic could leave them.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
