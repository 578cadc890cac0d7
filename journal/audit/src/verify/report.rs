//! What a verification says.

use std::fmt;
use std::io;

use journal_log::{Seq, TreeHash};

use crate::checkpoint::CheckpointError;

/// An export that is what was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// The first record it looks at.
    pub from: Seq,
    /// The last.
    pub to: Seq,
    /// How many it has.
    pub records: u64,
    /// Seals among them that this key signed and that fit.
    pub seals: u64,
    /// Proofs among them.
    pub proofs: u64,
    /// Whether records are left out: then nothing says that all of the part are there.
    pub is_part: bool,
    /// The signed root.
    pub root: TreeHash,
}

/// Why an export is not to be believed.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A record is not what was signed. Where a range is given, one of it is.
    #[error("{}: {why}", Places { first: *first, last: *last })]
    Bad {
        /// The first that may be.
        first: Seq,
        /// The last that may be the first bad one.
        last: Seq,
        /// What is wrong.
        why: String,
    },
    /// The first line is not that of an export.
    #[error("the file is no export in JSON lines, the form that can be verified")]
    NoExport,
    /// A newer release wrote it.
    #[error("exports of form {found} are not known to this release")]
    Version {
        /// The form.
        found: u32,
    },
    /// The checkpoint is not signed by this key, or is no checkpoint.
    #[error("the checkpoint of the export cannot be believed")]
    Checkpoint(#[source] CheckpointError),
    /// A checkpoint is of a point that the export does not have.
    #[error(
        "a checkpoint of {size} records cannot be compared with an export from record {from} on"
    )]
    NotCovered {
        /// The checkpoint's size.
        size: u64,
        /// Where the export begins, or ends.
        from: Seq,
    },
    /// The file cannot be read.
    #[error("the export cannot be read")]
    Read(#[from] io::Error),
}

impl VerifyError {
    /// Returns the first record that may be bad, where one is known.
    pub const fn first_bad(&self) -> Option<Seq> {
        match self {
            Self::Bad { first, .. } => Some(*first),
            Self::NoExport
            | Self::Version { .. }
            | Self::Checkpoint(_)
            | Self::NotCovered { .. }
            | Self::Read(_) => None,
        }
    }
}

struct Places {
    first: Seq,
    last: Seq,
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "record {}", self.first)
        } else {
            write!(f, "record {} or one of the next, up to {}", self.first, self.last)
        }
    }
}
