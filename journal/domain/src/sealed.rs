//! Values that stand in records under a key of their container, which is kept elsewhere and can be destroyed.
//!
//! How they are sealed and opened is `journal-keys`' affair; here is only the shape in which they are on record.

use std::fmt;

use journal_log::id;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

id!(
    /// A data key: random bytes that name it and say nothing of it.
    pub struct KeyId, 16
);
id!(
    /// A number used once: random, and long enough for that.
    pub struct Nonce, 24
);

/// The values of variables under a data key, XChaCha20-Poly1305 with the key's id as associated data.
///
/// The plain text is a list of whole variables, `NAME=value`, behind the codec of `journal-log`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedEnvironment {
    /// The key.
    pub key: KeyId,
    /// Places in the list of variables beside it, in order; there stands `NAME=` without the value.
    pub places: Vec<u32>,
    /// The nonce.
    pub nonce: Nonce,
    /// The sealed list, with its tag.
    pub ciphertext: Ciphertext,
}

/// Sealed bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Ciphertext(Box<[u8]>);

// === impl Ciphertext ===

impl Ciphertext {
    /// Takes the bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }

    /// Gives the bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Ciphertext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} sealed bytes", self.0.len())
    }
}

impl Serialize for Ciphertext {
    /// Digits where the format is for people, and the bytes elsewhere.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return serializer.serialize_str(&hex::encode(&self.0));
        }
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Ciphertext {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let digits = String::deserialize(deserializer)?;
            return hex::decode(digits).map(Self::new).map_err(de::Error::custom);
        }
        serde_bytes::ByteBuf::deserialize(deserializer).map(|bytes| Self::new(bytes.into_vec()))
    }
}
