//! What this server knows of each container beyond the disk: who reads its output, and the run it holds.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use journal_domain::ContainerId;
use tokio::sync::watch;

use crate::{
    files::{Shared, gate::Gate},
    run::RunHandle,
};

/// All containers that were touched since the server began.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    slots: Mutex<HashMap<ContainerId, Arc<Slot>>>,
}

/// One container.
#[derive(Debug)]
pub(crate) struct Slot {
    /// Changes whenever there may be more output to read; its receivers are the readers.
    pub(crate) grown: watch::Sender<u64>,
    /// Copies of its files on one side, starts and its removal on the other.
    pub(crate) gate: Gate,
    /// The mount by which copies write while it does not run.
    pub(crate) written: Shared,
    run: Mutex<Option<Arc<RunHandle>>>,
}

// === impl Registry ===

impl Registry {
    /// Gives the place of a container, a new one where there is none.
    pub(crate) fn slot(&self, container: ContainerId) -> Arc<Slot> {
        Arc::clone(locked(&self.slots).entry(container).or_default())
    }

    /// Gives the run that is held for a container.
    pub(crate) fn run(&self, container: ContainerId) -> Option<Arc<RunHandle>> {
        let slot = locked(&self.slots).get(&container).cloned()?;
        slot.run()
    }

    /// Forgets a container; gives its place, for its readers may still be there.
    pub(crate) fn forget(&self, container: ContainerId) -> Option<Arc<Slot>> {
        locked(&self.slots).remove(&container)
    }
}

// === impl Slot ===

impl Slot {
    /// Tells the readers to look again.
    pub(crate) fn output_grew(&self) {
        self.grown.send_modify(|count| *count += 1);
    }

    pub(crate) fn run(&self) -> Option<Arc<RunHandle>> {
        locked(&self.run).clone()
    }

    pub(crate) fn hold(&self, run: Arc<RunHandle>) {
        *locked(&self.run) = Some(run);
    }
}

impl Default for Slot {
    fn default() -> Self {
        Self {
            grown: watch::Sender::new(0),
            gate: Gate::default(),
            written: Shared::default(),
            run: Mutex::new(None),
        }
    }
}

/// Takes a lock whose holder never leaves half a change behind.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
