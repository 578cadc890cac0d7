//! What a rescue has found and done, and why it was refused.

use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use journal_log::{Seq, SkipBodyV1, StandInError};

use super::Origin;
use crate::OpenError;
use crate::durable::FileError;

/// What a look at a damaged journal has found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// The first record that the database does not give; none where it gives all.
    pub bad: Option<Bad>,
    /// Whole records after it, each linked to the one before or the first after a loss.
    pub following: u64,
    /// Records that the database does not give and that are still to be had.
    pub mendable: u64,
    /// Records that nobody has.
    pub lost: Vec<RangeInclusive<Seq>>,
    /// The last record that anybody knows of.
    pub last: Seq,
    /// Whether there was too much to look at all of it.
    pub is_cut: bool,
}

/// A record that the database does not give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// The record.
    pub seq: Seq,
    /// The damaged file, or the folder where RocksDB does not name one.
    pub file: PathBuf,
    /// Where in the file; zero where that is not known.
    pub offset: u64,
    /// What is wrong.
    pub cause: String,
}

/// What a rescue has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RescueReport {
    /// Records that were not taken from the database.
    pub taken: Vec<Taken>,
    /// What was passed over.
    pub skipped: Option<SkipBodyV1>,
    /// The last record.
    pub last: Seq,
    /// Where the damaged database is kept.
    pub quarantine: PathBuf,
}

/// Records that were taken from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// From where.
    pub origin: Origin,
    /// The first.
    pub first: Seq,
    /// The last.
    pub last: Seq,
}

/// Why a journal was not repaired. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RescueError {
    /// It cannot be looked at.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Some records are to be had nowhere.
    #[error("records {first} to {last} are to be had nowhere")]
    Lost {
        /// The first.
        first: Seq,
        /// The last.
        last: Seq,
    },
    /// Others than those that were named are lost first.
    #[error("record {wanted} is not the first that is lost: records {first} to {last} are")]
    OtherLoss {
        /// The one that was named.
        wanted: Seq,
        /// The first that is lost.
        first: Seq,
        /// The last that is lost with it.
        last: Seq,
    },
    /// Nothing is lost.
    #[error("record {wanted} is not lost, and no other is: `journal repair` mends the journal")]
    NotLost {
        /// The one that was named.
        wanted: Seq,
    },
    /// Nothing can stand in for what is lost.
    #[error(transparent)]
    StandIn(#[from] StandInError),
}

impl From<FileError> for RescueError {
    fn from(error: FileError) -> Self {
        Self::Open(error.into())
    }
}

impl fmt::Display for Survey {
    /// Tells what is after the first bad record.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.following == 0 {
            return f.write_str("no whole record is after it");
        }
        let least = if self.is_cut { "at least " } else { "" };
        write!(
            f,
            "{least}{} records up to {} are after it, whole and linked",
            self.following, self.last
        )?;
        match self.lost.split_first() {
            None => Ok(()),
            Some((first, [])) => {
                write!(f, "; records {} to {} are lost", first.start(), first.end())
            }
            Some((first, more)) => write!(
                f,
                "; records {} to {} are lost, and {} more ranges",
                first.start(),
                first.end(),
                more.len()
            ),
        }
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seq, file, offset, cause } = self;
        write!(f, "record {seq} is damaged in {} at byte {offset}: {cause}", file.display())
    }
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = match self.origin {
            Origin::Database => "the database",
            Origin::Salvaged => "damaged files",
            Origin::Witness => "the witness",
            Origin::Backup => "a backup",
        };
        write!(f, "records {} to {} were taken from {origin}", self.first, self.last)
    }
}
