//! The keys of signed notes (C2SP signed-note, Ed25519), as they stand in files and on command lines.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{SECRET_KEY_LENGTH, Signer as _};
use sha2::{Digest, Sha256};

/// The number that the format gives to Ed25519.
const ED25519: u8 = 1;

/// What a private key's text begins with.
const PRIVATE: &str = "PRIVATE+KEY+";

/// Bytes of an identifier of a key.
pub(crate) const KEY_ID_BYTES: usize = 4;

/// The key that signs.
#[derive(Clone)]
pub struct SigningKey {
    name: String,
    key: ed25519_dalek::SigningKey,
}

/// The key that others verify with; its text is `name+id+base64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    name: String,
    key: ed25519_dalek::VerifyingKey,
}

/// Why a text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It has not the parts of a key.
    #[error("the text is not a key of a signed note")]
    Shape,
    /// Its name is empty, or has spaces or a plus.
    #[error("the key's name is empty or has a space or a plus in it")]
    Name,
    /// The key is of another kind than Ed25519, or is no point of the curve.
    #[error("the key is not an Ed25519 key")]
    Algorithm,
    /// The identifier is not the one that this name and key have.
    #[error("the key's identifier does not belong to its name and bytes")]
    Id,
}

// === impl SigningKey ===

impl SigningKey {
    /// Makes the key of `name` from random bytes.
    pub fn new(name: &str, secret: [u8; SECRET_KEY_LENGTH]) -> Result<Self, KeyError> {
        check_name(name)?;
        Ok(Self { name: name.to_owned(), key: ed25519_dalek::SigningKey::from_bytes(&secret) })
    }

    /// Returns the key that others verify with.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// Returns the text that a file of the key holds; it is secret.
    pub fn secret_text(&self) -> String {
        let id = hex(&self.verifying_key().id());
        let mut bytes = vec![ED25519];
        bytes.extend_from_slice(&self.key.to_bytes());
        format!("{PRIVATE}{}+{id}+{}", self.name, STANDARD.encode(bytes))
    }

    /// Reads what [`SigningKey::secret_text`] gave.
    pub fn from_secret_text(text: &str) -> Result<Self, KeyError> {
        let rest = text.trim_ascii_end().strip_prefix(PRIVATE).ok_or(KeyError::Shape)?;
        let (name, id, secret) = parts(rest)?;
        let key = Self::new(name, secret)?;
        if hex(&key.verifying_key().id()) != id {
            return Err(KeyError::Id);
        }
        Ok(key)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn sign(&self, text: &str) -> [u8; 64] {
        self.key.sign(text.as_bytes()).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("name", &self.name).finish_non_exhaustive()
    }
}

// === impl VerifyingKey ===

impl VerifyingKey {
    /// Returns the key's name, which is the log's origin too.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the identifier that stands before each signature.
    pub(crate) fn id(&self) -> [u8; KEY_ID_BYTES] {
        let mut hasher = Sha256::new();
        hasher.update(self.name.as_bytes());
        hasher.update([b'\n', ED25519]);
        hasher.update(self.key.as_bytes());
        let digest: [u8; 32] = hasher.finalize().into();
        [digest[0], digest[1], digest[2], digest[3]]
    }

    /// Tells whether `signature` is this key's over `text`. Forms that allow two signatures of one text are refused.
    pub(crate) fn is_signed(&self, text: &str, signature: &[u8]) -> bool {
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(text.as_bytes(), &signature).is_ok())
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![ED25519];
        bytes.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{}+{}", self.name, hex(&self.id()), STANDARD.encode(bytes))
    }
}

impl FromStr for VerifyingKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, id, bytes) = parts(text.trim_ascii_end())?;
        check_name(name)?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes);
        let key = Self { name: name.to_owned(), key: key.map_err(|_| KeyError::Algorithm)? };
        if hex(&key.id()) != id {
            return Err(KeyError::Id);
        }
        Ok(key)
    }
}

/// Takes `name+id+base64` apart; the bytes follow the number of the algorithm.
fn parts(text: &str) -> Result<(&str, &str, [u8; 32]), KeyError> {
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(bytes)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(KeyError::Shape);
    };
    let bytes = STANDARD.decode(bytes).map_err(|_| KeyError::Shape)?;
    let (algorithm, bytes) = bytes.split_first().ok_or(KeyError::Shape)?;
    if *algorithm != ED25519 {
        return Err(KeyError::Algorithm);
    }
    Ok((name, id, bytes.try_into().map_err(|_| KeyError::Algorithm)?))
}

fn check_name(name: &str) -> Result<(), KeyError> {
    let is_bad = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '+';
    if name.is_empty() || name.contains(is_bad) {
        return Err(KeyError::Name);
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
