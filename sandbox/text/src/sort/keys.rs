//! The parts of lines that are compared, and how.

use std::borrow::Cow;
use std::cmp::Ordering;

use bstr::ByteSlice;
use sandbox_world::version::by_version;

/// How keys are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Flags {
    pub(super) numeric: bool,
    pub(super) reverse: bool,
    pub(super) unique: bool,
    general: bool,
    month: bool,
    version: bool,
    blanks: bool,
    end_blanks: bool,
    dictionary: bool,
    fold: bool,
    printable: bool,
}

/// A key: the field and byte it begins with, and the field and byte it ends with, from 1; 0 where nothing was said.
#[derive(Debug)]
pub(super) struct Key {
    range: [usize; 4],
    pub(super) flags: Flags,
}

impl Flags {
    /// Takes a letter; false where it is none of a key.
    pub(super) fn add(&mut self, letter: char, at_end: bool) -> bool {
        match letter {
            'n' => self.numeric = true,
            'r' => self.reverse = true,
            'u' => self.unique = true,
            'g' => self.general = true,
            'M' => self.month = true,
            'V' => self.version = true,
            'b' if at_end => self.end_blanks = true,
            'b' => self.blanks = true,
            'd' => self.dictionary = true,
            'f' => self.fold = true,
            'i' => self.printable = true,
            _ => return false,
        }
        true
    }

    pub(super) fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// True where lines are compared as they stand, whatever the direction.
    pub(super) fn is_plain(self) -> bool {
        Self { reverse: false, unique: false, ..self }.is_empty()
    }

    pub(super) fn compare(self, a: &[u8], b: &[u8]) -> Ordering {
        if self.numeric {
            return number(a).partial_cmp(&number(b)).unwrap_or(Ordering::Equal);
        }
        if self.general {
            return rank(a).partial_cmp(&rank(b)).unwrap_or(Ordering::Equal);
        }
        if self.month {
            return month(a).cmp(&month(b));
        }
        if self.version {
            return by_version(a, b);
        }
        a.cmp(b)
    }
}

impl Key {
    pub(super) fn whole() -> Self {
        Self { range: [1, 0, 0, 0], flags: Flags::default() }
    }

    /// Reads what `-k` was given.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let mut key = Self { range: [0; 4], flags: Flags::default() };
        for (half, part) in text.splitn_str(2, ",").enumerate() {
            let mut rest = decimal(part, &mut key.range[2 * half])?;
            if let Some(after) = rest.strip_prefix(b".") {
                rest = decimal(after, &mut key.range[2 * half + 1])?;
            }
            for letter in rest {
                if !key.flags.add(char::from(*letter), half == 1) {
                    return None;
                }
            }
        }
        (key.range[0] > 0).then_some(key)
    }

    /// The part of a line that the key is, in the form in which it is compared.
    pub(super) fn part<'l>(
        &self,
        line: &'l [u8],
        separator: Option<u8>,
        flags: Flags,
    ) -> Cow<'l, [u8]> {
        let mut start = self.field(line, separator, 0);
        let mut end = self.field(line, separator, 1);
        if flags.blanks {
            start += line[start..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        }
        if flags.end_blanks {
            while end > start && line[end - 1].is_ascii_whitespace() {
                end -= 1;
            }
        }
        if self.range[3] > 0 {
            end = self.range[3].min(line.len());
        }
        if self.range[1] > 0 {
            start = (start + self.range[1] - 1).min(line.len());
        }
        let part = &line[start..end.max(start)];
        if !flags.dictionary && !flags.printable && !flags.fold {
            return Cow::Borrowed(part);
        }
        let kept = |byte: &&u8| {
            (!flags.dictionary || byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace())
                && (!flags.printable || (b' '..=b'~').contains(*byte))
        };
        let shown = |byte: &u8| if flags.fold { byte.to_ascii_uppercase() } else { *byte };
        Cow::Owned(part.iter().filter(kept).map(shown).collect())
    }

    /// Where the key begins (`half` 0) or ends (1), as far as fields tell.
    fn field(&self, line: &[u8], separator: Option<u8>, half: usize) -> usize {
        let field = self.range[2 * half];
        if field == 0 {
            return line.len();
        }
        let mut end = 0;
        let mut ended_by_separator = false;
        for _ in 1..field + half {
            if let Some(separator) = separator {
                let found = line[end..].find_byte(separator);
                ended_by_separator = found.is_some();
                end = found.map_or(line.len(), |found| end + found + 1);
            } else {
                let is_space = |byte: &&u8| byte.is_ascii_whitespace();
                end += line[end..].iter().take_while(is_space).count();
                end += line[end..].iter().take_while(|byte| !is_space(byte)).count();
            }
        }
        if half == 1 && ended_by_separator { end - 1 } else { end }
    }
}

fn decimal<'t>(text: &'t [u8], value: &mut usize) -> Option<&'t [u8]> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    *value = text[..count].to_str().ok()?.parse().ok()?;
    Some(&text[count..])
}

/// The number a text begins with, as `atof` reads it, or 0.
pub(super) fn number(text: &[u8]) -> f64 {
    float(text).unwrap_or(0.0)
}

/// The number a text begins with, as `strtod` reads it.
fn float(text: &[u8]) -> Option<f64> {
    let text = text.trim_start();
    let sign = usize::from(matches!(text.first(), Some(b'-' | b'+')));
    let digits = |from: usize| text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits(sign);
    let mut end = sign + whole;
    let mut has_digits = whole > 0;
    if text.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        has_digits |= fraction > 0;
        end += 1 + fraction;
    }
    if !has_digits {
        let word = text[sign..].get(..3).map(<[u8]>::to_ascii_lowercase);
        let value = match word.as_deref() {
            Some(b"inf") => f64::INFINITY,
            Some(b"nan") => f64::NAN,
            _ => return None,
        };
        return Some(if text[0] == b'-' { -value } else { value });
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let signed = usize::from(matches!(text.get(end + 1), Some(b'-' | b'+')));
        let from = end + 1 + signed;
        if from < text.len() && digits(from) > 0 {
            end = from + digits(from);
        }
    }
    text[..end].to_str().ok()?.parse().ok()
}

/// What is no number comes before what is none of the numbers, and that before all numbers.
fn rank(text: &[u8]) -> (u8, f64) {
    match float(text) {
        None => (0, 0.0),
        Some(value) if value.is_nan() => (1, 0.0),
        Some(value) => (2, value),
    }
}

fn month(text: &[u8]) -> usize {
    const MONTHS: &[u8; 36] = b"janfebmaraprmayjunjulaugsepoctnovdec";
    let Some(word) = text.trim_start().get(..3).map(<[u8]>::to_ascii_lowercase) else { return 0 };
    MONTHS.chunks(3).position(|month| month == word).map_or(0, |index| index + 1)
}
