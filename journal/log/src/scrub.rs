//! Verifying a whole journal.

use std::ops::ControlFlow;

use crate::{ChainError, ChainVerifier, JournalReader, ReadError, Seq, Tail};

/// Records between two calls of the progress callback: some fifty a second at full speed.
const PROGRESS_RECORDS: u64 = 10_000;

/// Why a journal is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum ScrubError {
    /// A record cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A record does not belong where it stands.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

impl ScrubError {
    /// Returns the first bad record.
    pub const fn seq(&self) -> Seq {
        match self {
            Self::Read(error) => error.seq(),
            Self::Chain(error) => error.seq,
        }
    }
}

/// Checks every record from the first to the head: checksums, hashes, links, places, epochs, clocks, groups.
///
/// `progress` is told the last record checked now and then, and may end the check early. The tail returned is
/// that of the last record checked, with its own epoch.
pub fn scrub(
    reader: &dyn JournalReader,
    mut progress: impl FnMut(Seq) -> ControlFlow<()>,
) -> Result<Tail, ScrubError> {
    let mut verifier = ChainVerifier::from_genesis();
    for record in reader.read(Seq::FIRST)? {
        verifier.check(&record?)?;
        let seq = verifier.tail().seq;
        if seq.get().is_multiple_of(PROGRESS_RECORDS) && progress(seq).is_break() {
            return Ok(verifier.tail());
        }
    }
    Ok(verifier.finish()?)
}

#[cfg(test)]
mod tests;
