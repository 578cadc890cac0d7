//! A token as its holder has it: `skl_`, a public part, a secret.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::AccessError;

/// What every token begins with, so that one that was published by mistake is found.
const PREFIX: &str = "skl_";

/// Bytes of the public part: no two of a server's tokens are the same.
const ID_BYTES: usize = 6;

/// Bytes of the secret: as many as of a key.
const SECRET_BYTES: usize = 32;

/// A token's text. It is never in an error, a log line or a debug form.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenText(String);

// === impl TokenText ===

impl TokenText {
    /// Makes a new one of the system's random bytes.
    pub(super) fn random() -> Result<Self, AccessError> {
        let mut bytes = [0; ID_BYTES + SECRET_BYTES];
        getrandom::fill(&mut bytes)?;
        let (id, secret) = bytes.split_at(ID_BYTES);
        Ok(Self(format!("{PREFIX}{}_{}", hex::encode(id), hex::encode(secret))))
    }

    /// Reads what somebody says is one; nothing where it cannot be.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let is_hex = |part: &str, bytes: usize| {
            part.len() == 2 * bytes
                && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        (is_hex(id, ID_BYTES) && is_hex(secret, SECRET_BYTES)).then(|| Self(text.to_owned()))
    }

    /// Gives the public part.
    pub fn id(&self) -> &str {
        &self.0[PREFIX.len()..PREFIX.len() + 2 * ID_BYTES]
    }

    /// Gives the text, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Hashes the whole of it.
    pub(super) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl fmt::Debug for TokenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenText({}…)", self.id())
    }
}
