//! The name of one request in logs and records.

use std::cell::RefCell;
use std::fmt;

use http::{HeaderName, HeaderValue};

/// Response header that carries the id.
pub const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Sixteen random bytes; an extension of every request, echoed in `X-Request-Id` of its answer.
///
/// It is always made here: an id chosen by a client could stand for two requests.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId([u8; 16]);

/// Random bytes fetched at a time: a system call for each request would cost more than all else that is done here.
const POOL_BYTES: usize = 1024;

/// Random bytes of one thread that no id has used.
struct Pool {
    bytes: [u8; POOL_BYTES],
    used: usize,
}

thread_local! {
    static POOL: RefCell<Pool> =
        const { RefCell::new(Pool { bytes: [0; POOL_BYTES], used: POOL_BYTES }) };
}

impl RequestId {
    /// Makes a new id from the system's random source.
    pub fn random() -> Self {
        POOL.with_borrow_mut(|pool| {
            if pool.used == POOL_BYTES {
                getrandom::fill(&mut pool.bytes)
                    .expect("the system's random source answers once it is seeded");
                pool.used = 0;
            }
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&pool.bytes[pool.used..pool.used + 16]);
            pool.used += 16;
            Self(bytes)
        })
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
