//! Versioned payloads: how a domain's commands and events stand in a record.

use serde::{Deserialize, Serialize};

use crate::Release;
use crate::codec::{DecodeError, EncodeError};

/// A versioned payload. Its kind comes from a frozen registry of the domain and is never reused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tagged {
    /// What the payload is.
    pub kind: u16,
    /// The shape of that kind.
    pub version: u16,
    /// The payload behind the [`codec`](crate::codec).
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

/// A [`Tagged`] where it stands in a record's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Payload<'b> {
    /// What the payload is.
    pub kind: u16,
    /// The shape of that kind.
    pub version: u16,
    /// The payload behind the [`codec`](crate::codec).
    #[serde(with = "serde_bytes")]
    pub bytes: &'b [u8],
}

impl Tagged {
    /// Returns the same payload in place.
    pub fn payload(&self) -> Payload<'_> {
        Payload { kind: self.kind, version: self.version, bytes: &self.bytes }
    }
}

/// Something that can be put into a record and read back by every later release.
///
/// - `from_payload` of what `to_tagged` gave is the same value.
/// - What is too long for a record is an error, whoever made it so long.
/// - A kind and version, once released, is read for ever; older versions are lifted to the newest type.
pub trait Wire: Sized {
    /// Puts the value into the newest shape of its kind.
    fn to_tagged(&self) -> Result<Tagged, EncodeError>;

    /// Returns the oldest release that reads what `to_tagged` gives.
    ///
    /// Whoever writes it into a log that older releases may read puts a barrier before it.
    fn since(&self) -> Release {
        Release::FIRST
    }

    /// Reads a value of any released kind and version.
    fn from_payload(payload: Payload<'_>) -> Result<Self, DecodeError>;

    /// Reads a value of any released kind and version.
    fn from_tagged(tagged: &Tagged) -> Result<Self, DecodeError> {
        Self::from_payload(tagged.payload())
    }
}
