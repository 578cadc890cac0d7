//! `Idempotency-Key`: a client that does not know what became of its call makes it again, and it is done once.

use http::HeaderValue;
use journal_domain::Digest;
use sha2::{Digest as _, Sha256};

use crate::{call::Call, error::ApiError};

/// The header, as the HTTP working group's draft has it.
pub(crate) const KEY_HEADER: &str = "idempotency-key";

/// The route that takes a key.
pub(crate) const CREATE_ROUTE: &str = "/containers/create";

/// Bytes of a key. A UUID has 36; what is longer is no key but a document.
const KEY_BYTES_MAX: usize = 255;

/// A call that is to be done once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Once {
    /// A hash of caller, method, route and key.
    pub(crate) key: Digest,
    /// A hash of what is asked. The key, which is in no record, keeps it from telling what values were sent.
    pub(crate) request: Digest,
}

impl Once {
    /// Reads the key of a create with this body; nothing where it has none.
    pub(crate) fn of_create(call: &Call, body: &[u8]) -> Result<Option<Self>, ApiError> {
        let Some(key) = call.idempotency_key() else { return Ok(None) };
        check(key)?;
        let principal = call.principal();
        let method = call.method().as_str();
        let parts =
            [principal.as_bytes(), method.as_bytes(), CREATE_ROUTE.as_bytes(), key.as_bytes()];
        let request = [key.as_bytes(), call.query_text().as_bytes(), body];
        Ok(Some(Self { key: hash(&parts), request: hash(&request) }))
    }
}

fn check(key: &HeaderValue) -> Result<(), ApiError> {
    let bytes = key.as_bytes();
    let is_text = bytes.iter().all(|byte| (0x21..0x7f).contains(byte));
    if (1..=KEY_BYTES_MAX).contains(&bytes.len()) && is_text {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "an Idempotency-Key has 1 to {KEY_BYTES_MAX} visible ASCII characters and no spaces"
    )))
}

/// Hashes parts with their lengths, so that no two lists of them are the same bytes.
fn hash(parts: &[&[u8]]) -> Digest {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    Digest::from_bytes(hasher.finalize().into())
}
