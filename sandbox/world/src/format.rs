//! Conversions as C's `printf` has them.

use bstr::ByteSlice;

/// A conversion: `%`, flags, width, precision and a letter.
#[derive(Debug, Clone, Default)]
pub struct Conversion {
    minus: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    zero: bool,
    /// The least that is shown.
    pub width: usize,
    /// What stands behind the point.
    pub precision: Option<usize>,
    /// The letter it ends with, 0 where there is none.
    pub letter: u8,
}

/// Wider is nothing shown: a field of this many bytes fills memory already.
const WIDTH_MAX: i64 = 1 << 24;

impl Conversion {
    /// Reads one behind its `%`; `star` gives the values of `*`. Its length is the answer's second part.
    pub fn parse(text: &[u8], star: impl FnMut() -> i64) -> (Self, usize) {
        Self::parse_letters(text, star, b"hlLqjzt")
    }

    /// As [`Self::parse`], with the letters that say how long a number is, and are passed over.
    pub fn parse_letters(
        text: &[u8],
        mut star: impl FnMut() -> i64,
        lengths: &[u8],
    ) -> (Self, usize) {
        let mut found = Self::default();
        let mut at = 0;
        while let Some(flag) = text.get(at) {
            match flag {
                b'-' => found.minus = true,
                b'+' => found.plus = true,
                b' ' => found.space = true,
                b'#' => found.alternate = true,
                b'0' => found.zero = true,
                _ => break,
            }
            at += 1;
        }
        let width = number(text, &mut at, &mut star);
        found.minus |= width < 0;
        found.width = usize::try_from(width.abs()).unwrap_or(0);
        if text.get(at) == Some(&b'.') {
            at += 1;
            found.precision = usize::try_from(number(text, &mut at, &mut star)).ok();
        }
        while text.get(at).is_some_and(|byte| lengths.contains(byte)) {
            at += 1;
        }
        found.letter = text.get(at).copied().unwrap_or(0);
        (found, (at + 1).min(text.len()))
    }

    /// A text, cut to the precision.
    pub fn text(&self, text: &[u8]) -> Vec<u8> {
        let part = &text[..self.precision.unwrap_or(usize::MAX).min(text.len())];
        self.padded(b"", part, false)
    }

    /// A byte.
    pub fn byte(&self, byte: &[u8]) -> Vec<u8> {
        self.padded(b"", byte, false)
    }

    /// A whole number, for `d`, `i`, `u`, `o`, `x` and `X`.
    pub fn integer(&self, value: i64) -> Vec<u8> {
        let bits = value.cast_unsigned();
        let (sign, digits) = match self.letter {
            b'd' | b'i' => (self.sign(value < 0), value.unsigned_abs().to_string()),
            b'o' => (if self.alternate && value != 0 { "0" } else { "" }, format!("{bits:o}")),
            b'x' => (if self.alternate && value != 0 { "0x" } else { "" }, format!("{bits:x}")),
            b'X' => (if self.alternate && value != 0 { "0X" } else { "" }, format!("{bits:X}")),
            _ => ("", bits.to_string()),
        };
        let least = self.precision.unwrap_or(1);
        let digits = if value == 0 && least == 0 { String::new() } else { digits };
        let digits = "0".repeat(least.saturating_sub(digits.len())) + &digits;
        self.padded(sign.as_bytes(), digits.as_bytes(), self.precision.is_none())
    }

    /// A number with a fraction, for `e`, `f`, `g` and their capitals.
    pub fn float(&self, value: f64) -> Vec<u8> {
        let sign = self.sign(value.is_sign_negative() && !value.is_nan());
        let magnitude = value.abs();
        if !magnitude.is_finite() {
            let word = if magnitude.is_nan() { "nan" } else { "inf" };
            let sign = if value.is_nan() && value.is_sign_negative() { "-" } else { sign };
            let word =
                if self.letter.is_ascii_uppercase() { word.to_uppercase() } else { word.into() };
            return self.padded(sign.as_bytes(), word.as_bytes(), false);
        }
        let precision = self.precision.unwrap_or(6);
        let mut digits = match self.letter.to_ascii_lowercase() {
            b'e' => exponential(magnitude, precision),
            b'f' => fixed(magnitude, precision),
            _ => general(magnitude, precision.max(1), self.alternate),
        };
        if self.alternate && !digits.contains('.') {
            let at = digits.find('e').unwrap_or(digits.len());
            digits.insert(at, '.');
        }
        if self.letter.is_ascii_uppercase() {
            digits.make_ascii_uppercase();
        }
        self.padded(sign.as_bytes(), digits.as_bytes(), true)
    }

    fn sign(&self, negative: bool) -> &'static str {
        if negative {
            "-"
        } else if self.plus {
            "+"
        } else if self.space {
            " "
        } else {
            ""
        }
    }

    fn padded(&self, sign: &[u8], digits: &[u8], zeros: bool) -> Vec<u8> {
        let gap = self.width.saturating_sub(sign.len() + digits.len());
        let fill = |byte: u8| std::iter::repeat_n(byte, gap);
        let mut out = Vec::with_capacity(self.width.max(sign.len() + digits.len()));
        let by_zeros = self.zero && zeros && !self.minus;
        if !self.minus && !by_zeros {
            out.extend(fill(b' '));
        }
        out.extend_from_slice(sign);
        if by_zeros {
            out.extend(fill(b'0'));
        }
        out.extend_from_slice(digits);
        if self.minus {
            out.extend(fill(b' '));
        }
        out
    }
}

fn number(text: &[u8], at: &mut usize, star: &mut impl FnMut() -> i64) -> i64 {
    if text.get(*at) == Some(&b'*') {
        *at += 1;
        return star().clamp(-WIDTH_MAX, WIDTH_MAX);
    }
    let digits = text[*at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let value = text[*at..*at + digits].to_str().ok().and_then(|text| text.parse().ok());
    *at += digits;
    value.unwrap_or(0).min(WIDTH_MAX)
}

/// More digits than any number has behind the point that is not zero: what follows are zeros, and Rust's own formatting takes
/// no more than 65,535.
const DIGITS_MAX: usize = 1100;

fn fixed(value: f64, precision: usize) -> String {
    let digits = format!("{value:.*}", precision.min(DIGITS_MAX));
    digits + &"0".repeat(precision.saturating_sub(DIGITS_MAX))
}

fn exponential(value: f64, precision: usize) -> String {
    let text = format!("{value:.*e}", precision.min(DIGITS_MAX));
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let zeros = "0".repeat(precision.saturating_sub(DIGITS_MAX));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}{zeros}e{sign}{:02}", exponent.abs())
}

fn general(value: f64, precision: usize, keeps_zeros: bool) -> String {
    let scientific = format!("{value:.*e}", (precision - 1).min(DIGITS_MAX));
    let exponent = scientific.split_once('e').and_then(|(_, text)| text.parse::<i32>().ok());
    let exponent = exponent.unwrap_or(0);
    let significant = i32::try_from(precision).unwrap_or(i32::MAX);
    let trimmed = |text: &str| {
        if keeps_zeros || !text.contains('.') {
            return text.to_owned();
        }
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    if (-4..significant).contains(&exponent) {
        let decimals = usize::try_from(significant - 1 - exponent).unwrap_or(0);
        return trimmed(&fixed(value, decimals));
    }
    let text = exponential(value, precision - 1);
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "+00"));
    format!("{}e{exponent}", trimmed(digits))
}
