//! What outlives a process: the records, the snapshots, and what a failing disk makes of a group.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use journal_log::{
    AppendError, Flags, HEADER_BYTES, Header, Journal, JournalReader, MemoryJournal,
    MemorySnapshots, MemoryStore, Record, Tail,
};

/// What becomes of the next group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NextGroup {
    /// It is made durable.
    Kept,
    /// The process dies before it is.
    Lost,
    /// The process dies when it is, before anybody hears of it.
    KeptUnanswered,
    /// The power goes: so many thousandths of its bytes are there.
    Torn(u16),
}

/// The disk of the simulated host.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    pub(crate) store: MemoryStore,
    pub(crate) snapshots: MemorySnapshots,
    next: Arc<AtomicU64>,
    lies: bool,
    /// Records that are known to be durable, where the disk lies about the rest.
    durable: Arc<AtomicU64>,
}

/// An opening of the disk's journal.
#[derive(Debug)]
pub(crate) struct SimJournal {
    inner: MemoryJournal,
    disk: Disk,
}

// === impl Disk ===

impl Disk {
    pub(crate) fn new(lies: bool) -> Self {
        Self {
            store: MemoryStore::default(),
            snapshots: MemorySnapshots::default(),
            next: Arc::default(),
            lies,
            durable: Arc::default(),
        }
    }

    /// Opens the journal, as a process that starts does.
    pub(crate) fn open(&self) -> SimJournal {
        if self.lies {
            let durable = self.durable.load(Ordering::Relaxed);
            self.store.tamper(|records| {
                records.truncate(usize::try_from(durable).unwrap_or(usize::MAX));
            });
        }
        SimJournal { inner: MemoryJournal::open(&self.store), disk: self.clone() }
    }

    /// Says what becomes of the next group.
    pub(crate) fn arm(&self, next: NextGroup) {
        self.next.store(next.encode(), Ordering::Relaxed);
    }
}

// === impl NextGroup ===

impl NextGroup {
    const fn encode(self) -> u64 {
        match self {
            Self::Kept => 0,
            Self::Lost => 1,
            Self::KeptUnanswered => 2,
            Self::Torn(part) => 3 + part as u64,
        }
    }

    fn decode(number: u64) -> Self {
        match number {
            0 => Self::Kept,
            1 => Self::Lost,
            2 => Self::KeptUnanswered,
            more => Self::Torn(u16::try_from(more - 3).unwrap_or(u16::MAX)),
        }
    }
}

// === impl SimJournal ===

impl Journal for SimJournal {
    fn append(&mut self, group: &[Record]) -> Result<(), AppendError> {
        let next = NextGroup::decode(self.disk.next.swap(0, Ordering::Relaxed));
        let first = self.inner.tail().seq.next();
        if self.disk.lies {
            // What came before is on the disk by now; this group may not be.
            self.disk.durable.store(first.previous().get(), Ordering::Relaxed);
        }
        match next {
            NextGroup::Kept => return self.inner.append(group),
            NextGroup::Lost => {}
            NextGroup::KeptUnanswered => self.inner.append(group)?,
            NextGroup::Torn(part) => {
                let kept = recover(&torn(group, part));
                if !kept.is_empty() {
                    self.inner.append(&kept)?;
                }
            }
        }
        Err(AppendError::Store { first, count: group.len(), source: "the process is gone".into() })
    }

    fn tail(&self) -> Tail {
        self.inner.tail()
    }

    fn reader(&self) -> Arc<dyn JournalReader> {
        self.inner.reader()
    }
}

/// Gives the first `part` thousandths of the bytes of `group`.
fn torn(group: &[Record], part: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    for record in group {
        record.encode_into(&mut bytes);
    }
    let kept = bytes.len() * usize::from(part.min(1000)) / 1000;
    bytes.truncate(kept);
    bytes
}

/// Reads the records of a group that may have no end; without its last record there is no group.
fn recover(mut bytes: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    while let Some(header) = bytes.first_chunk::<HEADER_BYTES>() {
        let Ok(header) = Header::decode(header) else { break };
        let length = HEADER_BYTES + header.body_bytes as usize;
        let Some((record, rest)) = bytes.split_at_checked(length) else { break };
        let Ok(record) = Record::decode(record) else { break };
        records.push(record);
        bytes = rest;
    }
    let is_whole = records.last().is_some_and(|last| last.header.flags.contains(Flags::GROUP_LAST));
    if is_whole { records } else { Vec::new() }
}

#[cfg(test)]
mod tests;
