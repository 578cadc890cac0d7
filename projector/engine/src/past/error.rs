//! Why there is no world at a point.

use journal_log::{ReadError, Seq};

use crate::ReplayError;

/// Why there is no world at a point.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// The log has not come that far.
    #[error("record {seq} has not been written: the log ends at record {head}")]
    Ahead {
        /// The record asked for.
        seq: Seq,
        /// The last one that there is.
        head: Seq,
    },
    /// The point lies before the first record of the log.
    #[error("the point is before the first record of the log")]
    BeforeFirst,
    /// The records that tell of the point were given up.
    #[error("the log was trimmed: it goes back to record {first} only")]
    Trimmed {
        /// The first record that there is.
        first: Seq,
    },
    /// The log cannot be folded up to the point.
    #[error("the log cannot be folded up to there")]
    Replay(#[source] ReplayError),
    /// The fold panicked.
    #[error("the fold up to there has panicked")]
    Panicked,
}

impl From<ReplayError> for PastError {
    fn from(error: ReplayError) -> Self {
        if let ReplayError::Trimmed { first, .. } = error {
            return Self::Trimmed { first };
        }
        Self::Replay(error)
    }
}

impl From<ReadError> for PastError {
    fn from(error: ReadError) -> Self {
        Self::Replay(error.into())
    }
}
