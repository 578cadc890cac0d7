//! A journal that fails when it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{AppendError, Journal, JournalReader, ReadError, Record, Seq, Tail};

/// What shall fail, and when.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// Fails this append, counted from one.
    pub append: Option<u64>,
    /// Whether the failing append has made its group durable all the same, as a failing sync may.
    pub keeps_failed_group: bool,
    /// Fails the reading of this record, counted from one over all readers.
    pub read: Option<u64>,
}

/// A journal around another that fails as [`Faults`] say.
#[derive(Debug)]
pub struct FaultyJournal<J> {
    inner: J,
    faults: Faults,
    appends: u64,
    reads: Arc<AtomicU64>,
}

impl<J: Journal> FaultyJournal<J> {
    /// Wraps `inner`.
    pub fn new(inner: J, faults: Faults) -> Self {
        Self { inner, faults, appends: 0, reads: Arc::default() }
    }

    /// Returns the journal inside.
    pub fn into_inner(self) -> J {
        self.inner
    }
}

impl<J: Journal> Journal for FaultyJournal<J> {
    fn append(&mut self, group: &[Record]) -> Result<(), AppendError> {
        self.appends += 1;
        let Some(nth) = self.faults.append.filter(|nth| *nth <= self.appends) else {
            return self.inner.append(group);
        };
        if nth < self.appends {
            return Err(AppendError::Broken);
        }
        let first = self.inner.tail().seq.next();
        if self.faults.keeps_failed_group {
            self.inner.append(group)?;
        }
        Err(AppendError::Store {
            first,
            count: group.len(),
            source: "the disk is made to fail".into(),
        })
    }

    fn tail(&self) -> Tail {
        self.inner.tail()
    }

    fn reader(&self) -> Arc<dyn JournalReader> {
        Arc::new(FaultyReader {
            inner: self.inner.reader(),
            fails: self.faults.read,
            reads: Arc::clone(&self.reads),
        })
    }
}

struct FaultyReader {
    inner: Arc<dyn JournalReader>,
    fails: Option<u64>,
    reads: Arc<AtomicU64>,
}

impl JournalReader for FaultyReader {
    fn read(
        &self,
        from: Seq,
    ) -> Result<Box<dyn Iterator<Item = Result<Record, ReadError>> + Send + '_>, ReadError> {
        let mut broken = false;
        let records = self.inner.read(from)?.map_while(move |record| {
            if broken {
                return None;
            }
            let nth = self.reads.fetch_add(1, Ordering::Relaxed) + 1;
            if self.fails != Some(nth) {
                return Some(record);
            }
            broken = true;
            let seq = record.map_or_else(|error| error.seq(), |record| record.header.seq);
            Some(Err(ReadError::Store { seq, source: "the disk is made to fail".into() }))
        });
        Ok(Box::new(records))
    }

    fn head(&self) -> Seq {
        self.inner.head()
    }

    fn begin(&self) -> Tail {
        self.inner.begin()
    }
}

#[cfg(test)]
mod tests;
