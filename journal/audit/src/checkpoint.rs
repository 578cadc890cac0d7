//! Checkpoints (C2SP tlog-checkpoint): which log, how many records, which root.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use journal_log::TreeHash;

use crate::key::{SigningKey, VerifyingKey};
use crate::note::{self, NoteError};

/// The head of a log's tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log it is.
    pub origin: String,
    /// How many records it has, which is the last one's number.
    pub size: u64,
    /// The root over their hashes.
    pub root: TreeHash,
}

/// A checkpoint with its note as it was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What is signed.
    pub checkpoint: Checkpoint,
    /// The note.
    pub note: String,
}

/// Why a text is no checkpoint of the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note is not to be believed.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The note is no checkpoint.
    #[error("the note is not a checkpoint")]
    Shape,
    /// It is another log's.
    #[error("the checkpoint is of the log {found}, not of {expected}")]
    Origin {
        /// The key's log.
        expected: String,
        /// The checkpoint's.
        found: String,
    },
}

impl Checkpoint {
    /// Signs the checkpoint.
    pub fn sign(self, key: &SigningKey) -> SignedCheckpoint {
        let note = note::sign(&self.text(), key);
        SignedCheckpoint { checkpoint: self, note }
    }

    fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.as_bytes()))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let root: [u8; 32] = STANDARD.decode(root).ok()?.try_into().ok()?;
        let checkpoint = Self {
            origin: origin.to_owned(),
            size: size.parse().ok()?,
            root: TreeHash::from_bytes(root),
        };
        // Numbers with zeros before them, other encodings and further lines are no checkpoint of ours.
        (checkpoint.text() == text).then_some(checkpoint)
    }
}

impl SignedCheckpoint {
    /// Reads a note that `key` has signed; others may have signed it too.
    pub fn open(note: &str, key: &VerifyingKey) -> Result<Self, CheckpointError> {
        let text = note::open(note, key)?;
        let checkpoint = Checkpoint::parse(text).ok_or(CheckpointError::Shape)?;
        if checkpoint.origin != key.name() {
            return Err(CheckpointError::Origin {
                expected: key.name().to_owned(),
                found: checkpoint.origin,
            });
        }
        Ok(Self { checkpoint, note: note.to_owned() })
    }
}

#[cfg(test)]
mod tests;
