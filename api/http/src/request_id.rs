//! The name of one request in logs and records.

use std::fmt;

use http::HeaderValue;

/// Response header that carries the id.
pub const REQUEST_ID_HEADER: &str = "x-request-id";

/// Sixteen random bytes; an extension of every request, echoed in `X-Request-Id` of its answer.
///
/// It is always made here: an id chosen by a client could stand for two requests.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId([u8; 16]);

impl RequestId {
    /// Makes a new id from the system's random source.
    pub fn random() -> Self {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the system's random source answers once it is seeded");
        Self(bytes)
    }

    /// Gives the bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    pub(crate) fn header_value(self) -> HeaderValue {
        let mut digits = [0; 32];
        hex::encode_to_slice(self.0, &mut digits).expect("16 bytes are 32 digits");
        HeaderValue::from_bytes(&digits).expect("hexadecimal digits are fit for a header")
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({self})")
    }
}
