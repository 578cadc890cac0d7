//! Why a log cannot be replayed.

use journal_log::{ChainError, DecodeError, FrameError, ReadError, RecordKind, Seq};

use super::RejectedSnapshot;

/// Why a log cannot be replayed. Each names the record, and none is passed over.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A record cannot be read.
    #[error("the log cannot be read at record {}", .0.seq())]
    Read(#[source] ReadError),
    /// A newer release wrote the record's frame.
    #[error("record {seq} was written by a newer release")]
    Newer {
        /// The record.
        seq: Seq,
        /// What is new.
        #[source]
        source: FrameError,
    },
    /// A newer release wrote the record's body, or an event in it.
    #[error(
        "record {seq} holds kind {kind:#06x} version {version}, which only a newer release knows"
    )]
    Unknown {
        /// The record.
        seq: Seq,
        /// The kind of the record or of the event.
        kind: u16,
        /// Its version.
        version: u16,
    },
    /// The log says that older releases must not go on.
    #[error("record {seq} asks for release {needed} or a newer one, this is {binary}")]
    Barrier {
        /// The record.
        seq: Seq,
        /// The release that may go on.
        needed: String,
        /// This release.
        binary: String,
    },
    /// The bytes of a record are whole, and yet not what its kind says.
    #[error("record {seq} cannot be understood")]
    Decode {
        /// The record.
        seq: Seq,
        /// Why.
        #[source]
        source: DecodeError,
    },
    /// A record does not belong where it stands.
    #[error("the chain of records is broken")]
    Chain(#[from] ChainError),
    /// A record made the machine panic.
    #[error("record {seq} ({kind}) makes this release panic: {message}")]
    Poison {
        /// The record.
        seq: Seq,
        /// What it is.
        kind: RecordKind,
        /// What the panic said.
        message: String,
    },
    /// The state is not what it was when the log was written.
    #[error(
        "the state after record {seq} is not the one that the log speaks of: {}, not {}",
        hex(found),
        hex(expected)
    )]
    StateHash {
        /// The record.
        seq: Seq,
        /// The hash in the log.
        expected: [u8; 32],
        /// The hash of the state.
        found: [u8; 32],
    },
    /// A snapshot is ahead of the log, so the log has lost what was acknowledged.
    #[error(
        "there is a snapshot of record {snapshot}, but the log ends at {head}: its end is lost"
    )]
    AheadOfLog {
        /// The snapshot's point.
        snapshot: Seq,
        /// The log's head.
        head: Seq,
    },
    /// What was before the first record is trimmed, and no snapshot stands for it.
    #[error(
        "the log begins at record {first}, for what was before is trimmed, and no snapshot stands for it{}",
        reasons(rejected)
    )]
    Trimmed {
        /// The first record that is left.
        first: Seq,
        /// The snapshots that cannot be used.
        rejected: Vec<RejectedSnapshot>,
    },
    /// The log that was read is not the one that will be appended to.
    #[error("the log was read to record {read}, its end is {tail}")]
    Tail {
        /// The last record read.
        read: Seq,
        /// The last record by the journal's own account.
        tail: Seq,
    },
    /// The thread that reads ahead cannot be started, or ended early.
    #[error("the thread that reads the log has failed: {reason}")]
    Thread {
        /// Why.
        reason: String,
    },
}

impl From<ReadError> for ReplayError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Frame { seq, source } if source.is_newer() => Self::Newer { seq, source },
            ReadError::Frame { .. }
            | ReadError::Missing { .. }
            | ReadError::Trimmed { .. }
            | ReadError::Store { .. } => Self::Read(error),
        }
    }
}

impl ReplayError {
    /// Sorts a failure to decode a part of record `seq`.
    pub(super) fn undecodable(seq: Seq, source: DecodeError) -> Self {
        match source {
            DecodeError::UnknownKind { kind, version } => Self::Unknown { seq, kind, version },
            DecodeError::TooLong { .. } | DecodeError::Trailing { .. } | DecodeError::Codec(_) => {
                Self::Decode { seq, source }
            }
        }
    }
}

/// Tells why snapshots cannot be used, each after a semicolon.
pub(crate) fn reasons(rejected: &[RejectedSnapshot]) -> String {
    let told = |one: &RejectedSnapshot| format!("; the one of record {}: {}", one.seq, one.reason);
    rejected.iter().map(told).collect()
}

/// Shows the beginning of a hash, enough to tell two apart.
fn hex(hash: &[u8; 32]) -> String {
    hash[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}
