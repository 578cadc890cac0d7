//! Who waits for a part of the state, by key.
//!
//! A waiter registers, then looks, then sleeps; the publisher stores the state, then looks for waiters. Whoever
//! comes second sees the other, so no wake-up is lost. A key is held only while somebody waits for it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// The waiters of one engine.
pub(crate) struct Waiters<K: Hash + Eq + Clone> {
    slots: Mutex<HashMap<K, Slot>>,
}

struct Slot {
    notify: Arc<Notify>,
    waiting: usize,
}

/// A registration, which ends when it is dropped.
pub(crate) struct Waiting<'w, K: Hash + Eq + Clone> {
    waiters: &'w Waiters<K>,
    key: K,
    notify: Arc<Notify>,
}

impl<K: Hash + Eq + Clone> Waiters<K> {
    pub(crate) fn new() -> Self {
        Self { slots: Mutex::new(HashMap::new()) }
    }

    /// Registers somebody for `key`.
    pub(crate) fn register(&self, key: K) -> Waiting<'_, K> {
        let mut slots = self.slots();
        let slot = slots
            .entry(key.clone())
            .or_insert_with(|| Slot { notify: Arc::new(Notify::new()), waiting: 0 });
        slot.waiting += 1;
        let notify = Arc::clone(&slot.notify);
        drop(slots);
        Waiting { waiters: self, key, notify }
    }

    /// Wakes whoever waits for one of the keys that `collect` adds; it is not called where nobody waits.
    pub(crate) fn wake(&self, collect: impl FnOnce(&mut Vec<K>)) {
        if self.slots().is_empty() {
            return;
        }
        let mut keys = Vec::new();
        collect(&mut keys);
        let slots = self.slots();
        let woken: Vec<_> = keys
            .iter()
            .filter_map(|key| slots.get(key))
            .map(|slot| Arc::clone(&slot.notify))
            .collect();
        drop(slots);
        for notify in woken {
            notify.notify_waiters();
        }
    }

    /// Returns how many keys are waited for.
    pub(crate) fn len(&self) -> usize {
        self.slots().len()
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<K, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + Clone> Waiting<'_, K> {
    /// Returns what ends at the first touch of the key after this call.
    pub(crate) fn touched(&self) -> Notified<'_> {
        self.notify.notified()
    }
}

impl<K: Hash + Eq + Clone> Drop for Waiting<'_, K> {
    fn drop(&mut self) {
        let mut slots = self.waiters.slots();
        if let Some(slot) = slots.get_mut(&self.key) {
            slot.waiting -= 1;
            if slot.waiting == 0 {
                slots.remove(&self.key);
            }
        }
    }
}
