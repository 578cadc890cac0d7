//! What can go wrong with keys. No error holds a key or a value.

use std::{io, path::PathBuf};

use journal_domain::KeyId;

/// The keys cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file cannot be read or written.
    #[error("{verb} {}", path.display())]
    File {
        /// What was done.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The wrapping key's file is not there, and keys are.
    #[error(
        "the keys in {} are wrapped by the key in {}, and that file is not there: put it back, or name it with --kek-file",
        keys.display(), path.display()
    )]
    WrappingMissing {
        /// The wrapping key's file.
        path: PathBuf,
        /// The keys.
        keys: PathBuf,
    },
    /// The wrapping key's file holds something else.
    #[error("{} is no wrapping key: it has to hold 64 hexadecimal digits", path.display())]
    WrappingUnreadable {
        /// The file.
        path: PathBuf,
    },
    /// Others could read the wrapping key.
    #[error("{} can be read by others (mode {mode:o}): chmod 600 it", path.display())]
    WrappingOpen {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The keys were wrapped by another key.
    #[error("the key in {} is not the one that wraps the keys in {}", path.display(), keys.display())]
    WrappingOther {
        /// The wrapping key's file.
        path: PathBuf,
        /// The keys.
        keys: PathBuf,
    },
    /// There are as many keys as can be kept.
    #[error("{count} containers have sealed values: there is no room for another key")]
    Full {
        /// How many.
        count: usize,
    },
    /// A write or sync failed, now or before, or the first of the keys could not be made.
    #[error("no key can be kept: {reason}")]
    Failed {
        /// Why.
        reason: String,
    },
}

/// Sealed values cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Their key is destroyed, or it is lost.
    #[error("the key {0} of its environment is destroyed")]
    NoKey(KeyId),
    /// They are not what was sealed.
    #[error("its environment is not what was sealed under the key {0}")]
    Broken(KeyId),
    /// There are more bytes of them than a record holds.
    #[error("its environment is longer than a record")]
    TooLong,
}
