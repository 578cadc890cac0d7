//! Verifying a whole journal.

use std::ops::ControlFlow;

use crate::{
    Body, ChainError, ChainVerifier, JournalReader, ReadError, Record, RecordKind, Seq, Tail,
};

/// Why a journal is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum ScrubError {
    /// A record cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A record does not belong where it stands.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The beginning of the log is gone, and no record says that it was given up.
    #[error(
        "the log begins after record {through}, and no record says that what was before was trimmed"
    )]
    NotTrimmed {
        /// The last record that is gone.
        through: Seq,
    },
}

impl ScrubError {
    /// Returns the first bad record.
    pub const fn seq(&self) -> Seq {
        match self {
            Self::Read(error) => error.seq(),
            Self::Chain(error) => error.seq,
            Self::NotTrimmed { through } => *through,
        }
    }
}

/// Checks every record from the first to the head: checksums, hashes, links, places, epochs, clocks, groups.
///
/// In a trimmed log the first record has to link to what the record of a trim, further on, says was before it.
///
/// `seen` is given every record once it is checked, and may end the check early. The tail returned is that of the
/// last record checked, with its own epoch.
pub fn scrub(
    reader: &dyn JournalReader,
    mut seen: impl FnMut(&Record) -> ControlFlow<()>,
) -> Result<Tail, ScrubError> {
    let begin = reader.begin();
    let mut verifier = ChainVerifier::after_tail(begin);
    let mut is_vouched_for = begin.seq == Seq::GENESIS;
    for record in reader.read(begin.seq.next())? {
        let record = record?;
        verifier.check(&record)?;
        is_vouched_for = is_vouched_for || says_trimmed(&record, &begin);
        if seen(&record).is_break() {
            return Ok(verifier.tail());
        }
    }
    let tail = verifier.finish()?;
    if is_vouched_for { Ok(tail) } else { Err(ScrubError::NotTrimmed { through: begin.seq }) }
}

/// Tells whether `record` says that everything up to `begin` was given up.
fn says_trimmed(record: &Record, begin: &Tail) -> bool {
    record.header.kind == RecordKind::Trim
        && matches!(Body::of(record), Ok(Body::Trim(trim)) if trim.begin() == *begin)
}

#[cfg(test)]
mod tests;
