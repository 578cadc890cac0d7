//! The checks that every journal makes before it writes a group.

use crate::{
    AppendError, ChainVerifier, Epoch, GROUP_BYTES_MAX, GROUP_RECORDS_MAX, Record, Seq, Tail,
};

/// What may be appended next: the last record, and the epoch that this opening was given.
#[derive(Debug, Clone, Copy)]
pub struct Admission {
    verifier: ChainVerifier,
    epoch: Epoch,
}

impl Admission {
    /// Begins after `last`, which ends a group and carries its own epoch, in an opening with `epoch`.
    pub const fn new(last: Tail, epoch: Epoch) -> Self {
        Self { verifier: ChainVerifier::after_tail(last), epoch }
    }

    /// Returns where the next group goes.
    pub const fn tail(&self) -> Tail {
        Tail { epoch: self.epoch, ..self.verifier.tail() }
    }

    /// Returns the last record's place.
    pub const fn head(&self) -> Seq {
        self.verifier.tail().seq
    }

    /// Checks `group`; returns what may follow once it is durable.
    ///
    /// Links are computed anew, so that a fault of the caller cannot get into the chain.
    pub fn admit(&self, group: &[Record]) -> Result<Self, AppendError> {
        let size_bytes = group.iter().map(Record::encoded_bytes).sum();
        if group.len() > GROUP_RECORDS_MAX || size_bytes > GROUP_BYTES_MAX {
            return Err(AppendError::TooLarge { records: group.len(), size_bytes });
        }
        let mut next = *self;
        for record in group {
            let found = record.header.epoch;
            if found != self.epoch {
                let seq = record.header.seq;
                return Err(AppendError::Epoch { seq, expected: self.epoch, found });
            }
            next.verifier.check(record)?;
        }
        next.verifier.finish()?;
        Ok(next)
    }
}
