//! What an opening found and did, and why one is refused.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use journal_log::{ChainError, Epoch, ReadError, Seq, StoreError};

use crate::durable::FileError;
use crate::open::is_damage;

/// What an opening found and did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenReport {
    /// The last record.
    pub head: Seq,
    /// The epoch of this opening, which its first record has to carry.
    pub epoch: Epoch,
    /// The journal's identity, kept over restarts and backups.
    pub cluster: [u8; 16],
    /// Whether there was no journal before.
    pub is_new: bool,
    /// What had to be mended or dropped, in the order in which it was done; empty where all was well. The
    /// epoch record carries these as sentences.
    pub recovery: Vec<Recovery>,
    /// How long it took.
    pub took: Duration,
}

/// Something that an opening had to mend or drop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovery {
    /// The damaged end of a log was cut off.
    Cut {
        /// The log.
        file: PathBuf,
        /// Where it was cut.
        offset: u64,
        /// Bytes that were cut off.
        bytes: u64,
        /// What was wrong with them.
        cause: String,
        /// Whether records that may have been acknowledged were in them; they were then taken back.
        had_records: bool,
    },
    /// Records that RocksDB had lost were taken back from the witness.
    TakenBack {
        /// The first.
        first: Seq,
        /// The last.
        last: Seq,
    },
    /// The database was damaged and was written anew from what could be read.
    Rewritten {
        /// The first record that could not be read.
        seq: Seq,
        /// What was wrong.
        cause: String,
    },
    /// The damaged files were put aside.
    Quarantined {
        /// Where they are.
        folder: PathBuf,
    },
    /// The witness had missed a group that was never acknowledged.
    Witnessed {
        /// The group's first record.
        first: Seq,
        /// Its last.
        last: Seq,
    },
    /// A new witness was made because the caller said so.
    WitnessRebuilt,
}

/// Why a journal was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process owns the journal.
    #[error("the journal is owned by {}", Process(*pid))]
    Locked {
        /// The owner's process, where it has written it down already.
        pid: Option<u32>,
    },
    /// There is no journal to look at.
    #[error("there is no journal in {}", folder.display())]
    Absent {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// A record is damaged and the witness does not have it. Nothing was changed.
    #[error("record {seq} is damaged in {} at byte {offset}: {cause}", file.display())]
    Corrupt {
        /// The first record that cannot be read.
        seq: Seq,
        /// The damaged file, or the folder where RocksDB does not name one.
        file: PathBuf,
        /// Where in the file; zero where that is not known.
        offset: u64,
        /// What is wrong.
        cause: String,
    },
    /// Acknowledged records are gone, and the witness does not have them all.
    #[error(
        "acknowledged records {first} to {last} are gone, and the witness does not have them all"
    )]
    Lost {
        /// The first that is gone.
        first: Seq,
        /// The last that is known to have been there.
        last: Seq,
    },
    /// The database is gone, but the witness has seen records: a wiped or wrongly mounted volume.
    #[error("the database is gone, but its witness has seen {head} records")]
    Wiped {
        /// The last record that the witness has seen.
        head: Seq,
    },
    /// There is no usable witness. `rebuild_witness` makes a new one.
    #[error("the journal has {head} records, but its witness is missing or damaged")]
    NoWitness {
        /// The last record.
        head: Seq,
    },
    /// The witness ends long before the journal. `rebuild_witness` makes a new one.
    #[error("the witness ends at record {witness}, the journal at {head}: it is an older file")]
    WitnessBehind {
        /// The journal's last record.
        head: Seq,
        /// The witness's last record.
        witness: Seq,
    },
    /// The witness belongs to another journal.
    #[error("the witness belongs to journal {witness}, not to {journal}")]
    WitnessForeign {
        /// The journal's identity.
        journal: String,
        /// The witness's.
        witness: String,
    },
    /// The journal and its witness tell different histories.
    #[error("record {seq} of the journal is another than the witness has seen")]
    Diverged {
        /// The first record in which they differ.
        seq: Seq,
    },
    /// What the witness has does not continue the journal.
    #[error("what the witness has does not continue the journal")]
    Chain(#[from] ChainError),
    /// A newer release wrote the journal.
    #[error("a newer release wrote the journal: {what}")]
    Newer {
        /// What is not known to this release.
        what: String,
    },
    /// RocksDB does not come back from opening. The process has to end.
    #[error("RocksDB has not opened within {} s", after.as_secs())]
    Stuck {
        /// How long it was waited for.
        after: Duration,
    },
    /// A record could not be read.
    #[error("the journal cannot be read")]
    Read(#[source] ReadError),
    /// RocksDB failed.
    #[error("RocksDB failed")]
    Store(#[source] StoreError),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// No thread could be started.
    #[error("cannot start a thread")]
    Thread {
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl OpenError {
    /// Tells whether the journal itself is damaged, so that a restart will find the same.
    pub const fn is_damage(&self) -> bool {
        match self {
            Self::Corrupt { .. }
            | Self::Lost { .. }
            | Self::Wiped { .. }
            | Self::NoWitness { .. }
            | Self::WitnessBehind { .. }
            | Self::WitnessForeign { .. }
            | Self::Diverged { .. }
            | Self::Chain(_)
            | Self::Stuck { .. }
            | Self::Read(_) => true,
            Self::Locked { .. }
            | Self::Absent { .. }
            | Self::Newer { .. }
            | Self::Store(_)
            | Self::File(_)
            | Self::Thread { .. } => false,
        }
    }
}

impl From<ReadError> for OpenError {
    /// Tells a record that is damaged from a disk that fails: that is no fault of the journal, and may be over at the
    /// next start.
    fn from(error: ReadError) -> Self {
        let is_of_the_disk =
            |source: &StoreError| !source.downcast_ref::<rocksdb::Error>().is_some_and(is_damage);
        match error {
            ReadError::Store { source, .. } if is_of_the_disk(&source) => Self::Store(source),
            error @ (ReadError::Missing { .. }
            | ReadError::Trimmed { .. }
            | ReadError::Frame { .. }
            | ReadError::Store { .. }) => Self::Read(error),
        }
    }
}

impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut { file, offset, bytes, cause, had_records } => {
                write!(f, "{bytes} bytes at {offset} of {} were cut off: {cause}", file.display())?;
                let rest =
                    if *had_records { "" } else { "; nothing in them was ever acknowledged" };
                f.write_str(rest)
            }
            Self::TakenBack { first, last } => {
                write!(f, "records {first} to {last} were taken back from the witness")
            }
            Self::Rewritten { seq, cause } => {
                write!(
                    f,
                    "the database was rewritten up to record {seq}, which was damaged: {cause}"
                )
            }
            Self::Quarantined { folder } => {
                write!(f, "the damaged files are kept in {}", folder.display())
            }
            Self::Witnessed { first, last } => {
                write!(
                    f,
                    "records {first} to {last}, never acknowledged, were added to the witness"
                )
            }
            Self::WitnessRebuilt => write!(f, "a new witness was made"),
        }
    }
}

struct Process(Option<u32>);

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(pid) => write!(f, "process {pid}"),
            None => write!(f, "another process"),
        }
    }
}

#[cfg(test)]
mod tests;
