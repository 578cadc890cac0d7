//! Values: numbers, texts, and texts from outside that may be numbers.

use std::cmp::Ordering;
use std::rc::Rc;

use sandbox_world::format::Conversion;

/// A text that is shared.
pub(super) type Text = Rc<[u8]>;

/// A value.
#[derive(Debug, Clone, Default)]
pub(super) enum Value {
    #[default]
    Nothing,
    Number(f64),
    Text(Text),
    /// From a field, an argument or `getline`: a number where it looks like one.
    Input(Text),
}

impl Value {
    pub(super) fn text(bytes: impl Into<Text>) -> Self {
        Self::Text(bytes.into())
    }

    pub(super) fn input(bytes: impl Into<Text>) -> Self {
        Self::Input(bytes.into())
    }

    pub(super) fn number(&self) -> f64 {
        match self {
            Self::Nothing => 0.0,
            Self::Number(number) => *number,
            Self::Text(text) | Self::Input(text) => prefix(text).0,
        }
    }

    /// The text, of a number by `format`.
    pub(super) fn to_text(&self, format: &[u8]) -> Text {
        match self {
            Self::Nothing => Rc::from(&b""[..]),
            Self::Number(number) => number_text(*number, format).into(),
            Self::Text(text) | Self::Input(text) => text.clone(),
        }
    }

    pub(super) fn holds(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Number(number) => *number != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Input(text) => match whole(text) {
                Some(number) => number != 0.0,
                None => !text.is_empty(),
            },
        }
    }

    /// The number that it is, and none for a text.
    fn as_number(&self) -> Option<f64> {
        match self {
            Self::Nothing => Some(0.0),
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
            Self::Input(text) => whole(text),
        }
    }

    /// As numbers where both are some, else as texts.
    pub(super) fn compare(&self, other: &Self, format: &[u8]) -> Option<Ordering> {
        if let (Some(a), Some(b)) = (self.as_number(), other.as_number()) {
            return a.partial_cmp(&b);
        }
        Some(self.to_text(format).cmp(&other.to_text(format)))
    }
}

/// The text of a number: without a fraction where it has none, else by `format`.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "compared after")]
pub(super) fn number_text(number: f64, format: &[u8]) -> Vec<u8> {
    if number.abs() < 9e18 && number as i64 as f64 == number {
        return (number as i64).to_string().into_bytes();
    }
    let start = format.iter().position(|byte| *byte == b'%').map_or(0, |at| at + 1);
    let (conversion, used) = Conversion::parse(&format[start..], || 0);
    let (before, after) = (&format[..start.saturating_sub(1)], &format[start + used..]);
    let digits = match conversion.letter {
        b'd' | b'i' | b'o' | b'x' | b'X' | b'u' => conversion.integer(number as i64),
        _ => conversion.float(number),
    };
    [before, &digits, after].concat()
}

/// The number that all of a text is, blanks around it aside.
fn whole(text: &[u8]) -> Option<f64> {
    let (number, length) = prefix(text);
    let rest_is_blank = text[length..].iter().all(u8::is_ascii_whitespace);
    (length > 0 && rest_is_blank).then_some(number)
}

/// The number that a text begins with, and where it ends; 0 and 0 where there is none.
pub(super) fn prefix(text: &[u8]) -> (f64, usize) {
    let digits = |from: usize| text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let start = text.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    if let Some(found) = octal_or_hex(text) {
        return found;
    }
    let mut end = start + usize::from(matches!(text.get(start), Some(b'+' | b'-')));
    let whole = digits(end);
    end += whole;
    let mut any = whole > 0;
    if text.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        any |= fraction > 0;
        end += 1 + fraction;
    }
    if !any {
        return (0.0, 0);
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let from = end + 1 + usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        if from <= text.len() && digits(from) > 0 {
            end = from + digits(from);
        }
    }
    let number = std::str::from_utf8(&text[start..end]).ok().and_then(|text| text.parse().ok());
    (number.unwrap_or(0.0), end)
}

/// A whole number that begins with a zero, or with `0x`.
fn octal_or_hex(text: &[u8]) -> Option<(f64, usize)> {
    let (radix, from) = match text {
        [b'0', b'x' | b'X', ..] => (16, 2),
        [b'0', b'0'..=b'9', ..] => (8, 1),
        _ => return None,
    };
    let digits = text[from..].iter().map_while(|byte| char::from(*byte).to_digit(radix));
    let (value, count) = digits.fold((0.0, 0), |(value, count), digit| {
        (value * f64::from(radix) + f64::from(digit), count + 1)
    });
    let end = from + count;
    // What goes on as a decimal number is one.
    let is_decimal = radix == 8 && matches!(text.get(end), Some(b'0'..=b'9' | b'.'));
    (count > 0 && !is_decimal).then_some((value, end))
}
