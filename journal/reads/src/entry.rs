//! What stands in the side log, and how it is framed.
//!
//! A frame is the length of its body and the body's crc32c, four bytes each and little-endian, and the body: a list of
//! [`Entry`] behind the codec of `journal-log`. Variants and fields are never changed; new ones are new variants at the
//! end.

use std::fmt;

use journal_log::{EncodeError, Seq, Timestamp, codec};
use serde::{Deserialize, Serialize};

/// Bytes before the body of a frame.
pub(crate) const FRAME_HEAD_BYTES: usize = 8;

/// An entry of the side log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    /// A call.
    Access(Access),
    /// Calls that were left out.
    LeftOut(LeftOut),
}

/// A call that changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// When it came.
    pub at: Timestamp,
    /// Who made it, as in records: `uid:0`, `tcp:127.0.0.1`.
    pub caller: String,
    /// By which listener, or from which address.
    pub source: String,
    /// The client's program, as it names itself.
    pub agent: String,
    /// The method.
    pub method: String,
    /// The route's template, such as `/containers/{id}/json`; empty where no route answers.
    pub route: String,
    /// The path.
    pub path: String,
    /// The query without what is secret in it; by the policy `request` alone.
    pub query: Option<String>,
    /// The status of the answer.
    pub status: u16,
    /// The last record of the state that the answer was read from, where it was read from one.
    pub as_of: Option<Seq>,
    /// From the end of the request's head to the answer's head, in microseconds.
    pub took_micros: u64,
}

/// Calls that are not in the side log: above the rate, or faster than the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// After this.
    pub from: Timestamp,
    /// Before this.
    pub to: Timestamp,
    /// How many.
    pub count: u64,
}

// === impl Entry ===

impl Entry {
    /// Gives its time.
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Access(access) => access.at,
            Self::LeftOut(left_out) => left_out.to,
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Access(access) => access.fmt(f),
            Self::LeftOut(LeftOut { from, to, count }) => {
                write!(f, "{to} {count} calls since {from} are left out")
            }
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, caller, method, path, status, took_micros, .. } = self;
        write!(f, "{at} {caller} {method} {path}")?;
        if let Some(query) = &self.query {
            write!(f, "?{query}")?;
        }
        write!(f, " {status}")?;
        if let Some(seq) = self.as_of {
            write!(f, " as of {seq}")?;
        }
        write!(f, " in {took_micros} us")
    }
}

/// Puts entries into a frame.
pub(crate) fn frame(entries: &[Entry]) -> Result<Vec<u8>, EncodeError> {
    let body = codec::encode(&entries)?;
    let length = u32::try_from(body.len()).expect("a body is at most a megabyte");
    let mut frame = Vec::with_capacity(FRAME_HEAD_BYTES + body.len());
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(&crc32c::crc32c(&body).to_le_bytes());
    frame.extend_from_slice(&body);
    Ok(frame)
}

/// Reads the frame that `bytes` begin with, and tells its length; `None` where there is no whole one.
pub(crate) fn read_frame(bytes: &[u8]) -> Option<(Vec<Entry>, usize)> {
    let (head, rest) = bytes.split_at_checked(FRAME_HEAD_BYTES)?;
    let length = u32::from_le_bytes(head[..4].try_into().ok()?) as usize;
    let sum = u32::from_le_bytes(head[4..].try_into().ok()?);
    let body = rest.get(..length)?;
    if crc32c::crc32c(body) != sum {
        return None;
    }
    Some((codec::decode(body).ok()?, FRAME_HEAD_BYTES + length))
}

#[cfg(test)]
mod tests;
