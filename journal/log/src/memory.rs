//! A journal in memory: the model of [`Journal`], for tests and simulation.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::{
    Admission, AppendError, ChainVerifier, Epoch, Journal, JournalReader, ReadError, Record, Seq,
    Tail,
};

/// What outlives a [`MemoryJournal`]: the "disk" that the next opening finds.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<RwLock<Stored>>);

/// A journal in a [`MemoryStore`].
#[derive(Debug)]
pub struct MemoryJournal {
    store: MemoryStore,
    admission: Admission,
}

#[derive(Debug, Default)]
struct Stored {
    /// All records there ever were: what was trimmed is only hidden, so that a reading that has begun goes on.
    records: Vec<Record>,
    epoch: Epoch,
    /// The last record that was trimmed.
    begin: Option<Tail>,
}

impl MemoryStore {
    /// Returns all records that are there.
    pub fn records(&self) -> Vec<Record> {
        let hidden = usize::try_from(self.begin().seq.get()).unwrap_or(usize::MAX);
        self.stored().records.iter().skip(hidden).cloned().collect()
    }

    /// Changes the records behind the journal's back, as a failing disk would.
    pub fn tamper(&self, change: impl FnOnce(&mut Vec<Record>)) {
        change(&mut self.stored_mut().records);
    }

    /// Gives up the records up to `begin`, which ends a group.
    pub fn trim(&self, begin: Tail) {
        self.stored_mut().begin = Some(begin);
    }

    // A reader that panicked has left nothing half done, so poison is passed over.
    fn stored(&self) -> RwLockReadGuard<'_, Stored> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn stored_mut(&self) -> RwLockWriteGuard<'_, Stored> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryJournal {
    /// Opens a journal in a store of its own.
    pub fn new() -> Self {
        Self::open(&MemoryStore::default())
    }

    /// Opens the journal in `store`; an earlier opening's journal can no longer append.
    pub fn open(store: &MemoryStore) -> Self {
        let mut stored = store.stored_mut();
        stored.epoch = stored.epoch.next();
        let last =
            stored.records.last().map_or(Tail::GENESIS, |last| ChainVerifier::after(last).tail());
        let admission = Admission::new(last, stored.epoch);
        Self { store: store.clone(), admission }
    }

    /// Returns the store, for another opening.
    pub const fn store(&self) -> &MemoryStore {
        &self.store
    }
}

impl Default for MemoryJournal {
    fn default() -> Self {
        Self::new()
    }
}

impl Journal for MemoryJournal {
    fn append(&mut self, group: &[Record]) -> Result<(), AppendError> {
        let next = self.admission.admit(group)?;
        let mut stored = self.store.stored_mut();
        if stored.epoch != self.admission.tail().epoch {
            return Err(AppendError::Broken);
        }
        stored.records.extend_from_slice(group);
        self.admission = next;
        Ok(())
    }

    fn tail(&self) -> Tail {
        self.admission.tail()
    }

    fn reader(&self) -> Arc<dyn JournalReader> {
        Arc::new(self.store.clone())
    }
}

impl JournalReader for MemoryStore {
    fn read(
        &self,
        from: Seq,
    ) -> Result<Box<dyn Iterator<Item = Result<Record, ReadError>> + Send + '_>, ReadError> {
        let (seq, first) = (from.max(Seq::FIRST), self.first());
        if seq < first {
            return Err(ReadError::Trimmed { seq, first });
        }
        let head = self.head().get();
        Ok(Box::new((seq.get()..=head).map(|number| {
            let index = usize::try_from(number - 1).unwrap_or(usize::MAX);
            let record = self.stored().records.get(index).cloned();
            record.ok_or(ReadError::Missing { seq: Seq::new(number) })
        })))
    }

    fn head(&self) -> Seq {
        Seq::new(self.stored().records.len() as u64)
    }

    fn begin(&self) -> Tail {
        self.stored().begin.unwrap_or(Tail::GENESIS)
    }
}

#[cfg(test)]
mod tests;
