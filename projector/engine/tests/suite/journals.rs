//! Journals that take their time.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use journal_log::{AppendError, Journal, JournalReader, MemoryJournal, Record, Tail};

/// A journal that takes as long as a slow disk for each group.
pub(crate) struct SlowJournal {
    pub(crate) inner: MemoryJournal,
    pub(crate) sync: Duration,
}

impl Journal for SlowJournal {
    fn append(&mut self, group: &[Record]) -> Result<(), AppendError> {
        std::thread::sleep(self.sync);
        self.inner.append(group)
    }

    fn tail(&self) -> Tail {
        self.inner.tail()
    }

    fn reader(&self) -> Arc<dyn JournalReader> {
        self.inner.reader()
    }
}

/// A journal whose appends wait at a gate.
pub(crate) struct GatedJournal {
    pub(crate) inner: MemoryJournal,
    pub(crate) gate: Gate,
    /// Where the gate stands: behind it, the group is durable already.
    pub(crate) is_behind: bool,
}

/// A journal that speaks of another end than its reader.
pub(crate) struct TwoEnds(pub(crate) MemoryJournal);

/// Holds up appends while it is shut.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<GateState>, Condvar)>);

#[derive(Default)]
struct GateState {
    is_shut: bool,
    is_waited_at: bool,
}

impl Gate {
    pub(crate) fn shut(&self) {
        self.0.0.lock().unwrap().is_shut = true;
    }

    pub(crate) fn open(&self) {
        self.0.0.lock().unwrap().is_shut = false;
        self.0.1.notify_all();
    }

    /// Blocks until an append waits at the gate.
    pub(crate) fn until_waited_at(&self) {
        let state = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(state, |state| !state.is_waited_at).unwrap());
    }

    /// Waits while the gate is shut.
    pub(crate) fn pass(&self) {
        let mut state = self.0.0.lock().unwrap();
        while state.is_shut {
            state.is_waited_at = true;
            self.0.1.notify_all();
            state = self.0.1.wait(state).unwrap();
        }
        state.is_waited_at = false;
    }
}

impl Journal for GatedJournal {
    fn append(&mut self, group: &[Record]) -> Result<(), AppendError> {
        if !self.is_behind {
            self.gate.pass();
        }
        self.inner.append(group)?;
        if self.is_behind {
            self.gate.pass();
        }
        Ok(())
    }

    fn tail(&self) -> Tail {
        self.inner.tail()
    }

    fn reader(&self) -> Arc<dyn JournalReader> {
        self.inner.reader()
    }
}

impl Journal for TwoEnds {
    fn append(&mut self, group: &[Record]) -> Result<(), AppendError> {
        self.0.append(group)
    }

    fn tail(&self) -> Tail {
        Tail { seq: self.0.tail().seq.next(), ..self.0.tail() }
    }

    fn reader(&self) -> Arc<dyn JournalReader> {
        self.0.reader()
    }
}
