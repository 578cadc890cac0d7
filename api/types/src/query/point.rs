//! Points of the past, as clients name them: a place in the log, or a time.

use super::time::{TimeError, UnixTime};

/// A point of the past as a client names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PointName {
    /// The place of a record in the log.
    Seq(u64),
    /// A time.
    Time(UnixTime),
}

impl PointName {
    /// Reads a whole number as the place of a record; `@` and seconds since the epoch, and everything else that
    /// [`UnixTime::parse`] reads, as a time.
    pub fn parse(text: &str, now: UnixTime) -> Result<Self, TimeError> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().map(Self::Seq).map_err(|_| TimeError::of(text));
        }
        let time = match text.strip_prefix('@') {
            Some(seconds) => UnixTime::parse_seconds(seconds),
            None => UnixTime::parse(text, now),
        };
        time.map(Self::Time).map_err(|_| TimeError::of(text))
    }
}

#[cfg(test)]
mod tests;
