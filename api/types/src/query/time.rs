//! Points in time: seconds since the epoch, RFC 3339, or a duration before now.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const NANOS_PER_SECOND: i128 = 1_000_000_000;

/// A point in time, in nanoseconds since the Unix epoch; before 1970 it is negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(i128);

/// A text that is no point in time; goes with status 400.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to parse value as time or duration: {0:?}")]
pub struct TimeError(String);

impl UnixTime {
    /// Makes a point from nanoseconds since the Unix epoch.
    pub const fn from_nanos(nanos: i128) -> Self {
        Self(nanos)
    }

    /// Gives whole nanoseconds since the epoch; a point before it is zero, one after the year 2554 is the last.
    pub fn saturating_nanos(self) -> u64 {
        u64::try_from(self.0.max(0)).unwrap_or(u64::MAX)
    }

    /// Reads a duration in Go's form before `now` (`10m`, `1h30m`), a date or time in the form of RFC 3339, of which the
    /// zone (then UTC), fraction, seconds, minutes and time may be left out, or seconds since the epoch with an
    /// optional fraction.
    pub fn parse(text: &str, now: Self) -> Result<Self, TimeError> {
        let point = if let Some(ago) = go_duration(text).filter(|_| text != "0") {
            Some(Self(now.0.saturating_sub(ago)))
        } else {
            date(text).or_else(|| seconds(text))
        };
        point.ok_or_else(|| TimeError::of(text))
    }

    /// Reads seconds since the epoch with an optional fraction.
    pub(super) fn parse_seconds(text: &str) -> Result<Self, TimeError> {
        seconds(text).ok_or_else(|| TimeError::of(text))
    }
}

impl TimeError {
    pub(super) fn of(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.div_euclid(NANOS_PER_SECOND);
        write!(f, "{seconds}.{:09}", self.0.rem_euclid(NANOS_PER_SECOND))
    }
}

/// Reads `seconds[.fraction]`; digits past the ninth are dropped.
fn seconds(text: &str) -> Option<UnixTime> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole = i128::from(super::parse_int(whole, "ParseInt").ok()?);
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut nanos = 0;
    for position in 0..9 {
        let digit = fraction.as_bytes().get(position).map_or(0, |digit| digit - b'0');
        nanos = nanos * 10 + i128::from(digit);
    }
    Some(UnixTime(whole * NANOS_PER_SECOND + nanos))
}

fn date(text: &str) -> Option<UnixTime> {
    if let Ok(point) = text.parse::<Timestamp>() {
        return Some(UnixTime(point.as_nanosecond()));
    }
    // Without a zone it is UTC: the server's own zone would mean another point on another machine.
    let civil = |text: &str| {
        let point = text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?;
        Some(UnixTime(point.timestamp().as_nanosecond()))
    };
    if !text.contains('-') {
        return None;
    }
    match text.strip_suffix(['Z', 'z']) {
        Some(date) if !date.contains(['T', 't']) => civil(date),
        Some(_) => None,
        None => civil(text),
    }
}

/// Reads a duration in Go's form, in nanoseconds: numbers with units, `h`, `m`, `s`, `ms`, `us` or `ns`.
fn go_duration(text: &str) -> Option<i128> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(unit_at);
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let unit: i128 = match &after[..end] {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => NANOS_PER_SECOND,
            "m" => 60 * NANOS_PER_SECOND,
            "h" => 3_600 * NANOS_PER_SECOND,
            _ => return None,
        };
        total = total.checked_add(scaled(number, unit)?)?;
        rest = &after[end..];
    }
    // Go's durations are 64 bits of nanoseconds.
    i64::try_from(total).ok().map(|total| sign * i128::from(total))
}

/// Multiplies a decimal number with an optional fraction.
fn scaled(number: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let mut total = if whole.is_empty() { 0 } else { whole.parse::<i64>().ok()?.into() };
    total *= unit;
    let mut place = unit;
    for digit in fraction.bytes() {
        place /= 10;
        total += i128::from(digit - b'0') * place;
    }
    Some(total)
}

#[cfg(test)]
mod tests;
