//! The writing of exports, in constant memory: a record at a time.

use std::io;

use journal_log::{DecodeError, JournalReader, ParseTimestampError, ReadError, Seq};
use serde::{Deserialize, Serialize};

use crate::checkpoint::SignedCheckpoint;
use crate::entry::{Entry, Vocabulary};
use crate::filter::Filter;
use crate::format::{Format, Formatter};
use crate::frontier::Frontier;
use crate::lines::{Closing, End, Opening, VERSION, hash_text, line};
use crate::tiles::TileStore;
use crate::tree::{Tree, TreeError, leaf_of};

/// What is to be exported, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportRequest {
    /// The form.
    pub format: Format,
    /// The first record.
    pub from: Seq,
    /// What is left out.
    pub filter: Filter,
    /// Whether each line carries its way to the signed root; only the JSON lines do.
    pub proofs: bool,
}

/// What was exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// How many records.
    pub records: u64,
    /// Where the next export goes on.
    pub next: Seq,
}

/// Why an export is not whole.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A record cannot be read.
    #[error("the log cannot be read")]
    Read(#[from] ReadError),
    /// A record says what this release does not know.
    #[error("record {seq} cannot be told")]
    Decode {
        /// The record.
        seq: Seq,
        /// Why.
        #[source]
        source: DecodeError,
    },
    /// The tree cannot give what the export needs.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The records are not those that were signed: the log was changed.
    #[error("the records up to {to} do not give the root that was signed: the log was changed")]
    Root {
        /// The last record that was signed.
        to: Seq,
    },
    /// The export begins behind its end.
    #[error("record {from} is not there yet: the log is signed up to {to}")]
    Ahead {
        /// The first record that was asked for.
        from: Seq,
        /// The last record that was signed.
        to: Seq,
    },
    /// Proofs were asked of a form that has no place for them.
    #[error("the format {format} carries no proofs: jsonl does")]
    Proofs {
        /// The form.
        format: Format,
    },
    /// No container ever had this name.
    #[error("no container in the log is or was called {name}")]
    NoContainer {
        /// The name.
        name: String,
    },
    /// The times of the part are none.
    #[error(transparent)]
    Time(#[from] ParseTimestampError),
    /// A record that a proof is asked of is not there.
    #[error("record {seq} is not there: the log has {head}")]
    Absent {
        /// The record.
        seq: Seq,
        /// The last record.
        head: Seq,
    },
    /// Nobody takes the lines any more.
    #[error("the export cannot be written")]
    Write(#[from] io::Error),
}

/// Writes the records that `request` asks for, up to those that `signed` covers, to `write`.
///
/// Whatever is left out, every record from the first on is looked at, and at the end the root is compared: an export of
/// a log that is not what was signed fails.
pub fn export<S: TileStore>(
    request: &ExportRequest,
    reader: &dyn JournalReader,
    tree: &Tree<S>,
    signed: &SignedCheckpoint,
    vocabulary: &dyn Vocabulary,
    mut write: impl FnMut(&str) -> io::Result<()>,
) -> Result<Exported, ExportError> {
    let (from, to) = (request.from, Seq::new(signed.checkpoint.size));
    if from > to.next() {
        return Err(ExportError::Ahead { from, to });
    }
    let is_native = request.format == Format::Jsonl;
    if request.proofs && !is_native {
        return Err(ExportError::Proofs { format: request.format });
    }
    let mut frontier = tree.frontier(from.previous().get())?;
    let formatter = Formatter::new(request.format, &signed.checkpoint.origin);
    if is_native {
        write(&opening(request, &frontier, signed))?;
    }
    let mut records = 0;
    let unread = (from <= to).then(|| reader.read(from)).transpose()?;
    for record in unread.into_iter().flatten() {
        let record = record?;
        let seq = record.header.seq;
        frontier.push(leaf_of(record.hash()));
        let mut entry =
            Entry::of(&record, vocabulary).map_err(|source| ExportError::Decode { seq, source })?;
        if seq == from {
            write(&formatter.opening(&request.filter, &format!("{from}-{to}"), &entry.time))?;
        }
        if request.filter.takes(&entry) {
            if is_native {
                entry.carry(&record);
            }
            if request.proofs {
                entry.prove(&tree.prove(seq, to.get())?);
            }
            write(&formatter.entry(&entry))?;
            records += 1;
        }
        if seq >= to {
            break;
        }
    }
    if frontier.size() != to.get() || frontier.root() != signed.checkpoint.root {
        return Err(ExportError::Root { to });
    }
    let next = to.next();
    if is_native {
        write(&line(&Closing { end: End { records, next: next.get() } }))?;
    }
    Ok(Exported { records, next })
}

/// Gives the first line of the native form.
fn opening(request: &ExportRequest, frontier: &Frontier, signed: &SignedCheckpoint) -> String {
    line(&Opening {
        audit_export: VERSION,
        from: request.from.get(),
        to: signed.checkpoint.size,
        filter: (!request.filter.is_everything()).then(|| request.filter.clone()),
        frontier: frontier.peaks().iter().map(hash_text).collect(),
        checkpoint: signed.note.clone(),
    })
}

impl ExportError {
    /// Tells whether whoever asked can ask better.
    pub const fn is_of_the_asker(&self) -> bool {
        match self {
            Self::Ahead { .. }
            | Self::Proofs { .. }
            | Self::NoContainer { .. }
            | Self::Time(_)
            | Self::Absent { .. }
            | Self::Tree(TreeError::NotInTree { .. }) => true,
            Self::Read(_)
            | Self::Decode { .. }
            | Self::Tree(_)
            | Self::Root { .. }
            | Self::Write(_) => false,
        }
    }
}

#[cfg(test)]
mod tests;
