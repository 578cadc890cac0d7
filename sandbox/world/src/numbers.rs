//! Numbers with and without units.

use bstr::{BStr, ByteSlice};

use crate::call::{Call, Stop};

/// Units of sizes as `head` and `od` know them.
pub const BKM: &[(&str, u64)] = &[("b", 512), ("k", 1 << 10), ("m", 1 << 20)];

/// Units of sizes as `dd`, `split` and `truncate` know them.
pub const UNITS: &[(&str, u64)] = &[
    ("c", 1),
    ("w", 2),
    ("b", 512),
    ("kB", 1000),
    ("kD", 1000),
    ("k", 1 << 10),
    ("KB", 1000),
    ("KD", 1000),
    ("K", 1 << 10),
    ("MB", 1_000_000),
    ("MD", 1_000_000),
    ("M", 1 << 20),
    ("m", 1 << 20),
    ("GB", 1_000_000_000),
    ("GD", 1_000_000_000),
    ("G", 1 << 30),
];

/// A decimal number with a unit, or none where it is not one.
pub fn parse_with(text: &[u8], units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number: u64 = text[..digits].to_str().ok()?.parse().ok()?;
    let unit = &text[digits..];
    if unit.is_empty() {
        return Some(number);
    }
    let (_, factor) = units.iter().find(|(name, _)| name.as_bytes() == unit)?;
    number.checked_mul(*factor)
}

/// A decimal number with a sign, or none where it is not one.
pub fn parse_signed(text: &[u8]) -> Option<i64> {
    text.to_str().ok()?.parse().ok()
}

impl Call {
    /// A number with a unit; what is none is told and ends the tool with 1.
    pub fn number(&mut self, text: &BStr, units: &[(&str, u64)]) -> Result<u64, Stop> {
        match parse_with(text, units) {
            Some(number) => Ok(number),
            None => self.fail(format!("invalid number '{text}'")),
        }
    }

    /// A number as a size in memory.
    pub fn count(&mut self, text: &BStr) -> Result<usize, Stop> {
        Ok(usize::try_from(self.number(text, &[])?).unwrap_or(usize::MAX))
    }
}

/// A size as `-h` shows it: three digits and a unit.
pub fn human(size_bytes: u64) -> String {
    const UNITS: &[u8] = b" KMGTPE";
    let mut unit = 0;
    let mut value = size_bytes;
    let mut tenths = 0;
    while value >= 1024 && unit + 1 < UNITS.len() {
        tenths = (value % 1024 * 10 + 512) / 1024;
        value /= 1024;
        unit += 1;
    }
    if tenths >= 10 {
        value += 1;
        tenths = 0;
    }
    match unit {
        0 => format!("{value}"),
        _ => format!("{value}.{tenths}{}", char::from(UNITS[unit])),
    }
}
