//! What a layer may take. Everything in here is for layers from outside: a client may send what it likes.

use std::io;

/// Entries of a layer. The largest published images have about half a million files in one layer.
const ENTRIES_MAX: u64 = 4_000_000;

/// Bytes of a layer's tar, and bytes of all its files with their holes. A disk image inside of an image is tens of
/// gigabytes; ten times as much is a mistake.
const BYTES_MAX: u64 = 512 * 1024 * 1024 * 1024;

/// How many times larger than what was sent a layer may become. Text shrinks to a tenth, build trees with many
/// equal files to a hundredth; deflate cannot do better than a thousandth, and does so for zeros only.
const RATIO_MAX: u64 = 400;

/// Bytes that a layer may have whatever was sent: a file of zeros, as swap files and databases are made, is no
/// attack, and this much is gone again in a moment.
const RATIO_FREE_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// Bytes of an entry's name or of what a link leads to: what the system takes as a path.
pub(crate) const PATH_BYTES_MAX: usize = 4095;

/// The limits of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerLimits {
    /// Entries.
    pub entries: u64,
    /// Bytes of the tar, and bytes of all files with their holes.
    pub bytes: u64,
    /// Bytes of the tar for each byte that was sent.
    pub ratio: u64,
    /// Bytes of the tar to which `ratio` does not apply.
    pub ratio_free_bytes: u64,
}

/// Tells which limit a layer exceeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// Too many entries.
    #[error("the archive has more than {0} entries")]
    Entries(u64),
    /// Too many bytes.
    #[error("the archive has more than {0} bytes")]
    Bytes(u64),
    /// Too many bytes for what was sent.
    #[error("the archive is more than {0} times larger than what was sent")]
    Ratio(u64),
}

impl Default for LayerLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl LayerLimits {
    /// The limits of what comes from outside.
    pub const DEFAULT: Self = Self {
        entries: ENTRIES_MAX,
        bytes: BYTES_MAX,
        ratio: RATIO_MAX,
        ratio_free_bytes: RATIO_FREE_BYTES,
    };

    /// Holds a stream of `plain_bytes`, made of `raw_bytes`, to the limits.
    pub(crate) const fn check_stream(
        &self,
        plain_bytes: u64,
        raw_bytes: u64,
    ) -> Result<(), LimitError> {
        if plain_bytes > self.bytes {
            return Err(LimitError::Bytes(self.bytes));
        }
        let fair = raw_bytes.saturating_mul(self.ratio);
        if plain_bytes > self.ratio_free_bytes && plain_bytes > fair {
            return Err(LimitError::Ratio(self.ratio));
        }
        Ok(())
    }

    /// Holds so many entries with so many bytes of files to the limits.
    pub(crate) const fn check_tree(&self, entries: u64, file_bytes: u64) -> Result<(), LimitError> {
        if entries > self.entries {
            return Err(LimitError::Entries(self.entries));
        }
        if file_bytes > self.bytes {
            return Err(LimitError::Bytes(self.bytes));
        }
        Ok(())
    }
}

impl LimitError {
    /// Wraps the error for a reader.
    pub(crate) fn into_io(self) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, self)
    }
}
