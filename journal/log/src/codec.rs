//! The codec of bodies and payloads: bincode 2, standard configuration, frozen.
//!
//! It is the only place that names bincode, so that another codec can follow under its own number in the
//! header. The format does not describe itself: the kind and version beside the bytes say what they are.

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use serde::{Deserialize, Serialize};

/// Bytes of one body or payload; larger things are files that a record names by digest.
pub const BODY_BYTES_MAX: usize = 1 << 20;

/// What bincode may account for while it decodes [`BODY_BYTES_MAX`] bytes.
///
/// It counts integers at their full width although they are packed, at most 16 bytes for one. A lower limit
/// would refuse to read what could be written.
const ACCOUNTED_BYTES_MAX: usize = 16 * BODY_BYTES_MAX;

const CONFIG: Configuration<LittleEndian, Varint, Limit<ACCOUNTED_BYTES_MAX>> =
    bincode::config::standard().with_limit::<ACCOUNTED_BYTES_MAX>();

/// Why a value cannot stand in a record.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The encoded value is too long.
    #[error("encoded value of {size_bytes} bytes exceeds the limit of {BODY_BYTES_MAX}")]
    TooLong {
        /// Its length.
        size_bytes: usize,
    },
    /// The value has a part that the codec cannot express.
    #[error("the value cannot be encoded")]
    Codec(#[source] Box<bincode::error::EncodeError>),
}

/// Why bytes are not the value they should be.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// No such kind or version is known: a newer release wrote it, or it is another domain's.
    #[error("payload kind {kind:#06x} version {version} is not known to this release")]
    UnknownKind {
        /// The kind.
        kind: u16,
        /// The version.
        version: u16,
    },
    /// There are more bytes than any value has.
    #[error("encoded value of {size_bytes} bytes exceeds the limit of {BODY_BYTES_MAX}")]
    TooLong {
        /// How many there are.
        size_bytes: usize,
    },
    /// Bytes are left over after the value.
    #[error("{left_bytes} bytes are left over after the value")]
    Trailing {
        /// How many.
        left_bytes: usize,
    },
    /// The bytes do not spell such a value.
    #[error("the bytes do not spell the value")]
    Codec(#[source] Box<bincode::error::DecodeError>),
}

/// Encodes `value`, at most [`BODY_BYTES_MAX`] bytes. The same value always gives the same bytes.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, EncodeError> {
    let bytes = bincode::serde::encode_to_vec(value, CONFIG)
        .map_err(|error| EncodeError::Codec(Box::new(error)))?;
    if bytes.len() > BODY_BYTES_MAX {
        return Err(EncodeError::TooLong { size_bytes: bytes.len() });
    }
    Ok(bytes)
}

/// Decodes the value that is the whole of `bytes`, and may borrow parts of them.
pub fn decode<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Result<T, DecodeError> {
    if bytes.len() > BODY_BYTES_MAX {
        return Err(DecodeError::TooLong { size_bytes: bytes.len() });
    }
    let (value, used) = bincode::serde::borrow_decode_from_slice(bytes, CONFIG)
        .map_err(|error| DecodeError::Codec(Box::new(error)))?;
    match bytes.len() - used {
        0 => Ok(value),
        left_bytes => Err(DecodeError::Trailing { left_bytes }),
    }
}

#[cfg(test)]
mod tests;
