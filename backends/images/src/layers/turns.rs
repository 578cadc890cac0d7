//! Turns: of all who want to unpack one layer, one does and the others find it done.

use std::{
    collections::HashSet,
    sync::{Condvar, Mutex, PoisonError},
};

use tokio::sync::Notify;

use crate::digest::Digest;

/// The layers that are being unpacked.
#[derive(Debug, Default)]
pub(super) struct Turns {
    taken: Mutex<HashSet<Digest>>,
    given_back: Condvar,
    given_back_async: Notify,
}

/// The right to unpack some layers, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'t> {
    turns: &'t Turns,
    layers: Vec<Digest>,
}

impl Turns {
    /// Waits until nobody else unpacks any of `layers`.
    ///
    /// All are taken at once, so that two transfers with layers in common cannot wait for each other.
    pub(super) fn take(&self, layers: &[Digest]) -> Turn<'_> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let free = |taken: &mut HashSet<_>| layers.iter().any(|layer| taken.contains(layer));
        let taken = self.given_back.wait_while(taken, free);
        taken.unwrap_or_else(PoisonError::into_inner).extend(layers);
        Turn { turns: self, layers: layers.to_vec() }
    }

    /// Does the same without keeping a thread.
    pub(super) async fn take_async(&self, layers: &[Digest]) -> Turn<'_> {
        loop {
            // Listening begins before the look, so that nothing given back in between is missed.
            let given_back = self.given_back_async.notified();
            tokio::pin!(given_back);
            given_back.as_mut().enable();
            if let Some(turn) = self.try_take(layers) {
                return turn;
            }
            given_back.await;
        }
    }

    fn try_take(&self, layers: &[Digest]) -> Option<Turn<'_>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if layers.iter().any(|layer| taken.contains(layer)) {
            return None;
        }
        taken.extend(layers);
        Some(Turn { turns: self, layers: layers.to_vec() })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut taken = self.turns.taken.lock().unwrap_or_else(PoisonError::into_inner);
        for layer in &self.layers {
            taken.remove(layer);
        }
        self.turns.given_back.notify_all();
        self.turns.given_back_async.notify_waiters();
    }
}
