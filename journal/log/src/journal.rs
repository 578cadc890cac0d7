//! What a journal promises.

use std::sync::Arc;

use crate::{
    ChainError, Epoch, FrameError, GROUP_BYTES_MAX, GROUP_RECORDS_MAX, Hlc, Record, RecordHash, Seq,
};

/// What a store has to say about a failure of its own.
pub type StoreError = Box<dyn std::error::Error + Send + Sync>;

/// An ordered, durable list of records with one writer.
///
/// - `append` returns once the group is durable; a crash after it keeps all of it.
/// - A group is kept whole or not at all.
/// - Places are gapless from [`Seq::FIRST`], or from the first record that a trim has left, and each record links to
///   the one before.
/// - After an error of `append` the tail is unknown: the process has to end, for only an opening finds out
///   what is durable. A further `append` is refused.
/// - Each opening has an epoch higher than any before. The first record appended is an epoch record that
///   carries it; records of another epoch are refused.
/// - An empty group is accepted and does nothing.
pub trait Journal: Send {
    /// Makes `group` durable after the tail.
    fn append(&mut self, group: &[Record]) -> Result<(), AppendError>;

    /// Returns where the next group goes: the last record, and the epoch of this opening.
    fn tail(&self) -> Tail;

    /// Returns a reader, which stays good while the journal is appended to.
    fn reader(&self) -> Arc<dyn JournalReader>;
}

/// Reads records beside the writer.
///
/// - `read` gives the records from `from` ([`Seq::FIRST`] at the earliest) to the head at the time of the call, in
///   order and without a gap; nothing where `from` is past the head.
/// - What was trimmed is told as such: a `read` from a place before [`JournalReader::first`] gives nothing but
///   [`ReadError::Trimmed`]. A reading that has begun is not cut short by a trim.
/// - Only durable records are seen.
/// - Checksums are checked, links are not: that is [`ChainVerifier`](crate::ChainVerifier)'s task.
/// - An error ends the iteration.
pub trait JournalReader: Send + Sync {
    /// Reads from `from` to the head.
    fn read(
        &self,
        from: Seq,
    ) -> Result<Box<dyn Iterator<Item = Result<Record, ReadError>> + Send + '_>, ReadError>;

    /// Returns the last durable record's place; [`Seq::GENESIS`] where there is none.
    fn head(&self) -> Seq;

    /// Returns the record that the first one there is links to: the last that was trimmed, with its own epoch, or
    /// [`Tail::GENESIS`] where none was. Whoever wraps a reader hands this on.
    fn begin(&self) -> Tail {
        Tail::GENESIS
    }

    /// Returns the place of the first record there is; [`Seq::FIRST`] unless records were trimmed.
    fn first(&self) -> Seq {
        self.begin().seq.next()
    }
}

/// The end of a journal: what the next record links to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tail {
    /// The last record's place.
    pub seq: Seq,
    /// Its hash.
    pub hash: RecordHash,
    /// The epoch for the next record.
    pub epoch: Epoch,
    /// The last record's clock.
    pub hlc: Hlc,
}

impl Tail {
    /// The end of a journal without records.
    pub const GENESIS: Self =
        Self { seq: Seq::GENESIS, hash: RecordHash::ZERO, epoch: Epoch::ZERO, hlc: Hlc::ZERO };
}

/// Why a group was not made durable.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The group does not continue the chain. Nothing was written.
    #[error("the group does not continue the chain")]
    Chain(#[from] ChainError),
    /// A record carries another epoch than this opening's. Nothing was written.
    #[error("record {seq} has epoch {found}, this opening's is {expected}")]
    Epoch {
        /// The record.
        seq: Seq,
        /// This opening's epoch.
        expected: Epoch,
        /// The record's.
        found: Epoch,
    },
    /// The group is over a limit. Nothing was written.
    #[error(
        "group of {records} records and {size_bytes} bytes exceeds the limit of \
         {GROUP_RECORDS_MAX} records and {GROUP_BYTES_MAX} bytes"
    )]
    TooLarge {
        /// Records of the group.
        records: usize,
        /// Bytes of the group.
        size_bytes: usize,
    },
    /// The store failed. What is durable is unknown.
    #[error("writing {count} records at {first} failed")]
    Store {
        /// The group's first record.
        first: Seq,
        /// Records of the group.
        count: usize,
        /// What failed.
        #[source]
        source: StoreError,
    },
    /// An earlier append failed, so the tail is unknown.
    #[error("an earlier append failed; the journal has to be opened anew")]
    Broken,
}

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The record is not there.
    #[error("record {seq} is missing")]
    Missing {
        /// The record.
        seq: Seq,
    },
    /// The record was there and was given up by a trim.
    #[error("record {seq} was trimmed: the log begins at record {first}")]
    Trimmed {
        /// The record.
        seq: Seq,
        /// The first record that is left.
        first: Seq,
    },
    /// The record is damaged, or a newer release wrote it.
    #[error("record {seq} cannot be read")]
    Frame {
        /// The record.
        seq: Seq,
        /// Why.
        #[source]
        source: FrameError,
    },
    /// The store failed.
    #[error("reading at record {seq} failed")]
    Store {
        /// Where the reader stood.
        seq: Seq,
        /// What failed.
        #[source]
        source: StoreError,
    },
}

impl ReadError {
    /// Returns the record that could not be read.
    pub const fn seq(&self) -> Seq {
        match self {
            Self::Missing { seq }
            | Self::Trimmed { seq, .. }
            | Self::Frame { seq, .. }
            | Self::Store { seq, .. } => *seq,
        }
    }
}
