//! Values of a query string, read as moby's `httputils` reads them.

mod filters;
mod point;
mod time;

use std::borrow::Cow;

pub use filters::{FilterError, FilterPatterns, Filters};
pub use point::PointName;
pub use time::{TimeError, UnixTime};

/// Pairs of a query string.
///
/// Docker's own longest query is a build's, with an argument in each pair at worst; the target's length bounds it too.
const PAIRS_MAX: usize = 1_024;

/// The decoded pairs of a query string, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

/// Why a query string or one of its values could not be read; the texts are Go's and go with status 400.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A percent sign without two digits after it.
    #[error("invalid URL escape {0:?}")]
    Escape(String),
    /// A semicolon, which Go takes for a mistaken separator.
    #[error("invalid semicolon separator in query")]
    Semicolon,
    /// Bytes that are not UTF-8.
    #[error("invalid UTF-8 in query")]
    NotUtf8,
    /// More than 1,024 pairs.
    #[error("too many parameters in query")]
    TooMany,
    /// A value that is no number.
    #[error("strconv.{function}: parsing {value:?}: invalid syntax")]
    NotANumber {
        /// Go's function that would have read it.
        function: &'static str,
        /// The value.
        value: String,
    },
    /// A number that does not fit into 64 bits.
    #[error("strconv.{function}: parsing {value:?}: value out of range")]
    OutOfRange {
        /// Go's function that would have read it.
        function: &'static str,
        /// The value.
        value: String,
    },
}

impl Query {
    /// Reads the part of a target after the question mark.
    pub fn parse(raw: &str) -> Result<Self, QueryError> {
        if raw.is_empty() {
            return Ok(Self::default());
        }
        let mut pairs = Vec::new();
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            if pair.contains(';') {
                return Err(QueryError::Semicolon);
            }
            if pairs.len() == PAIRS_MAX {
                return Err(QueryError::TooMany);
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            pairs.push((unescape(name)?, unescape(value)?));
        }
        Ok(Self(pairs))
    }

    /// Gives the first value of `name`, which may be empty; `None` when it is absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Gives the names, one as often as it is there.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Gives all values of `name`.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Reads a boolean: absent, empty, `0`, `no`, `false` and `none` in any case are false, everything else is true.
    pub fn bool(&self, name: &str) -> bool {
        self.get(name).is_some_and(is_true)
    }

    /// Reads a boolean that has a default of its own; present but empty is false.
    pub fn bool_or(&self, name: &str, default: bool) -> bool {
        self.get(name).map_or(default, is_true)
    }

    /// Reads a decimal number; absent and empty give `None`.
    pub fn int(&self, name: &str) -> Result<Option<i64>, QueryError> {
        self.number(name, "ParseInt")
    }

    /// Reads a decimal number as [`Query::int`], but with the error text of Go's other function, `Atoi`.
    pub fn atoi(&self, name: &str) -> Result<Option<i64>, QueryError> {
        self.number(name, "Atoi")
    }

    fn number(&self, name: &str, function: &'static str) -> Result<Option<i64>, QueryError> {
        match self.get(name) {
            None | Some("") => Ok(None),
            Some(value) => parse_int(value, function).map(Some),
        }
    }
}

/// Tells whether moby takes a value for true.
fn is_true(value: &str) -> bool {
    let value = value.trim();
    !["", "0", "no", "false", "none"].iter().any(|no| value.eq_ignore_ascii_case(no))
}

/// Reads a decimal number of 64 bits as Go's `strconv` does: digits with an optional sign and nothing else.
pub(crate) fn parse_int(value: &str, function: &'static str) -> Result<i64, QueryError> {
    let digits = value.strip_prefix(['+', '-']).unwrap_or(value);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(QueryError::NotANumber { function, value: value.to_owned() });
    }
    value.parse().map_err(|_| QueryError::OutOfRange { function, value: value.to_owned() })
}

fn unescape(text: &str) -> Result<String, QueryError> {
    let mut bytes = Cow::Borrowed(text.as_bytes());
    if text.contains('+') || text.contains('%') {
        let mut plain = Vec::with_capacity(text.len());
        let mut rest = text.as_bytes();
        while let [first, after @ ..] = rest {
            rest = after;
            match first {
                b'+' => plain.push(b' '),
                b'%' => {
                    let digits = after.get(..2).and_then(hex_byte).ok_or_else(|| {
                        let shown = &after[..after.len().min(2)];
                        QueryError::Escape(format!("%{}", String::from_utf8_lossy(shown)))
                    })?;
                    plain.push(digits);
                    rest = &after[2..];
                }
                other => plain.push(*other),
            }
        }
        bytes = Cow::Owned(plain);
    }
    String::from_utf8(bytes.into_owned()).map_err(|_| QueryError::NotUtf8)
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let [high, low] = digits else { return None };
    let value = |digit: &u8| char::from(*digit).to_digit(16);
    u8::try_from(value(high)? * 16 + value(low)?).ok()
}

#[cfg(test)]
mod tests;
