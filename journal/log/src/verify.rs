//! The checking of records, one after the other.

use std::fmt;

use crate::{Body, Epoch, Flags, Header, Hlc, Record, RecordHash, RecordKind, Seq, Tail};

/// Takes records in order and finds the first that does not belong where it stands.
///
/// Checked are gapless places, the link to the record before, the epoch (which changes only with an epoch
/// record, and only upwards), the clock, and that groups are whole. Checksums are the frame's affair. Where a
/// record stands in for a lost one, it says to which hash the next one links instead, and no other is accepted.
#[derive(Debug, Clone, Copy)]
pub struct ChainVerifier {
    tail: Tail,
    open_group: Option<Seq>,
    /// What the next record may link to beside the tail: the lost record that the tail stands in for.
    resumes: Option<RecordHash>,
}

/// The first record that does not belong where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("record {seq} {fault}")]
pub struct ChainError {
    /// Where the chain breaks.
    pub seq: Seq,
    /// How.
    pub fault: ChainFault,
}

/// How a record does not belong where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainFault {
    /// Another record stands in its place.
    Place {
        /// What stands there.
        found: Seq,
    },
    /// It links to another record than the one before.
    Link,
    /// Its epoch went back, or changed without an epoch record.
    Epoch {
        /// The epoch before.
        before: Epoch,
        /// Its epoch.
        found: Epoch,
    },
    /// Its clock does not come after the one before.
    Clock {
        /// The clock before.
        before: Hlc,
        /// Its clock.
        found: Hlc,
    },
    /// It belongs to another group than the one that is open, or its group has no beginning.
    Group {
        /// The group it names.
        found: Seq,
    },
    /// Its group has no end.
    GroupUnfinished,
}

impl fmt::Display for ChainFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Place { found } => write!(f, "is missing: record {found} stands in its place"),
            Self::Link => write!(f, "does not link to the record before it"),
            Self::Epoch { before, found } => write!(f, "has epoch {found} after epoch {before}"),
            Self::Clock { before, found } => write!(f, "has time {found} after {before}"),
            Self::Group { found } => write!(f, "claims group {found}, which is not open"),
            Self::GroupUnfinished => write!(f, "begins a group that has no end"),
        }
    }
}

impl ChainVerifier {
    /// Begins before the first record.
    pub const fn from_genesis() -> Self {
        Self::after_tail(Tail::GENESIS)
    }

    /// Begins after `tail`, which ends a group and whose epoch is the last record's.
    pub const fn after_tail(tail: Tail) -> Self {
        Self { tail, open_group: None, resumes: None }
    }

    /// Begins after `record`, which is believed.
    pub fn after(record: &Record) -> Self {
        let header = &record.header;
        Self {
            tail: tail_of(header, record.hash()),
            open_group: (!header.flags.contains(Flags::GROUP_LAST)).then_some(header.group),
            resumes: resumes(record),
        }
    }

    /// Takes the next record.
    pub fn check(&mut self, record: &Record) -> Result<(), ChainError> {
        let seq = self.tail.seq.next();
        self.fault(&record.header).map_or(Ok(()), |fault| Err(ChainError { seq, fault }))?;
        *self = Self::after(record);
        Ok(())
    }

    /// Returns the first record of the group that has no end yet.
    pub const fn open_group(&self) -> Option<Seq> {
        self.open_group
    }

    /// Returns the last record taken.
    pub const fn tail(&self) -> Tail {
        self.tail
    }

    /// Checks that the last group is whole; returns the last record.
    pub fn finish(&self) -> Result<Tail, ChainError> {
        match self.open_group.filter(|_| !crate::planted!("groups-unfinished")) {
            None => Ok(self.tail),
            Some(seq) => Err(ChainError { seq, fault: ChainFault::GroupUnfinished }),
        }
    }

    fn fault(&self, header: &Header) -> Option<ChainFault> {
        let before = &self.tail;
        // The record that began an epoch may be among the lost ones, which then is told by what stands in for it.
        let may_begin = matches!(header.kind, RecordKind::Epoch | RecordKind::Skip);
        let new_epoch = may_begin && header.epoch > before.epoch;
        let group = self.open_group.unwrap_or(header.seq);
        let is_first = header.flags.contains(Flags::GROUP_FIRST);
        if header.seq != before.seq.next() {
            Some(ChainFault::Place { found: header.seq })
        } else if header.previous != before.hash
            && Some(header.previous) != self.resumes
            && !crate::planted!("links-unchecked")
        {
            Some(ChainFault::Link)
        } else if header.epoch != before.epoch && !new_epoch && !crate::planted!("epochs-unchecked")
        {
            Some(ChainFault::Epoch { before: before.epoch, found: header.epoch })
        } else if header.hlc <= before.hlc {
            Some(ChainFault::Clock { before: before.hlc, found: header.hlc })
        } else if header.group != group || is_first != self.open_group.is_none() {
            Some(ChainFault::Group { found: header.group })
        } else {
            None
        }
    }
}

/// Returns the hash of the lost record that `record` stands in for, where another record links to it.
fn resumes(record: &Record) -> Option<RecordHash> {
    if record.header.kind != RecordKind::Skip {
        return None;
    }
    match Body::of(record) {
        Ok(Body::Skip(body)) if body.last == record.header.seq => body.resumes,
        Ok(_) | Err(_) => None,
    }
}

const fn tail_of(header: &Header, hash: RecordHash) -> Tail {
    Tail { seq: header.seq, hash, epoch: header.epoch, hlc: header.hlc }
}

#[cfg(test)]
mod tests;
