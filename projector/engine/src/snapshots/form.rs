//! The serialised form of a state.
//!
//! It has no limit of length, so it is not the codec of records. A snapshot is a cache under a schema number of
//! the machine: the form may change from release to release, the records may not.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why a state cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FormError {
    #[error("the state has a part that cannot be expressed, or the bytes do not spell a state")]
    Codec(#[from] postcard::Error),
    #[error("{left_bytes} bytes are left over after the state")]
    Trailing { left_bytes: usize },
}

/// Writes `state`.
pub(crate) fn write<S: Serialize>(state: &S) -> Result<Vec<u8>, FormError> {
    Ok(postcard::to_stdvec(state)?)
}

/// Reads the state that is the whole of `bytes`.
pub(crate) fn read<S: DeserializeOwned>(bytes: &[u8]) -> Result<S, FormError> {
    let (state, left) = postcard::take_from_bytes(bytes)?;
    match left.len() {
        0 => Ok(state),
        left_bytes => Err(FormError::Trailing { left_bytes }),
    }
}

#[cfg(test)]
mod tests;
