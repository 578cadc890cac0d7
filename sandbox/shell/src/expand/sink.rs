//! Gathers what a word expands to.

use crate::vars::Ifs;
use sandbox_script::pattern;

/// What is made of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Fields: split, and file names where they are patterns.
    Fields,
    /// One text.
    Text,
    /// One pattern, quoted bytes behind backslashes.
    Pattern,
    /// One regular expression, quoted bytes behind backslashes.
    Regex,
}

/// A field: its text, and the pattern that it is, if it is one.
pub(crate) struct Field {
    pub(crate) text: Vec<u8>,
    pub(crate) pattern: Option<Vec<u8>>,
}

/// Gathers fields or one text.
pub(crate) struct Sink {
    mode: Mode,
    extended: bool,
    text: Vec<u8>,
    pattern: Option<Vec<u8>>,
    has: bool,
    /// A blank of the value has just ended a field: the other separator after it belongs to it.
    after_blank: bool,
    pub(crate) fields: Vec<Field>,
}

impl Sink {
    pub(crate) fn new(mode: Mode, extended: bool) -> Self {
        Self {
            mode,
            extended,
            text: Vec::new(),
            pattern: None,
            has: false,
            after_blank: false,
            fields: Vec::new(),
        }
    }

    pub(crate) fn is_fields(&self) -> bool {
        self.mode == Mode::Fields
    }

    /// Unquoted text of the script.
    pub(crate) fn literal(&mut self, text: &[u8]) {
        self.has |= !text.is_empty();
        self.after_blank = false;
        self.active(text);
    }

    /// Text that is no pattern and is not split.
    pub(crate) fn quoted(&mut self, text: &[u8]) {
        self.has = true;
        self.after_blank = false;
        match self.mode {
            Mode::Fields => {
                if let Some(pattern) = &mut self.pattern {
                    pattern::escape(text, pattern);
                }
                self.text.extend_from_slice(text);
            }
            Mode::Text => self.text.extend_from_slice(text),
            Mode::Pattern | Mode::Regex => {
                for byte in text {
                    if byte.is_ascii_punctuation() || self.mode == Mode::Pattern && *byte == b'\\' {
                        self.text.push(b'\\');
                    }
                    self.text.push(*byte);
                }
            }
        }
    }

    /// What an unquoted expansion came to.
    pub(crate) fn value(&mut self, text: &[u8], ifs: &Ifs) {
        if self.mode != Mode::Fields {
            self.active(text);
            return;
        }
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| ifs.has(*byte)).unwrap_or(rest.len());
            if end > 0 {
                self.has = true;
                self.after_blank = false;
                self.active(&rest[..end]);
            }
            let Some(byte) = rest.get(end) else { return };
            self.separator(ifs.is_blank(*byte));
            rest = &rest[end + 1..];
        }
    }

    fn separator(&mut self, blank: bool) {
        if self.has {
            self.end_field();
            self.after_blank = blank;
        } else if !blank {
            if !self.after_blank {
                self.has = true;
                self.end_field();
            }
            self.after_blank = false;
        }
    }

    /// Appends text whose pattern characters count.
    fn active(&mut self, text: &[u8]) {
        if self.mode == Mode::Fields {
            let special = |byte: &u8| matches!(byte, b'*' | b'?' | b'[' | b'(');
            if self.pattern.is_none() && text.iter().any(special) {
                let mut pattern = Vec::with_capacity(self.text.len() + text.len());
                pattern::escape(&self.text, &mut pattern);
                self.pattern = Some(pattern);
            }
            if let Some(pattern) = &mut self.pattern {
                for byte in text {
                    if *byte == b'\\' {
                        pattern.push(b'\\');
                    }
                    pattern.push(*byte);
                }
            }
        }
        self.text.extend_from_slice(text);
    }

    /// Ends the field that is being made, even where it is empty but quoted.
    pub(crate) fn end_field(&mut self) {
        if self.has {
            let pattern = self.pattern.take();
            let pattern = pattern.filter(|text| pattern::is_pattern(text, self.extended));
            self.fields.push(Field { text: std::mem::take(&mut self.text), pattern });
        }
        self.has = false;
    }

    /// The one text.
    pub(crate) fn into_text(self) -> Vec<u8> {
        self.text
    }
}
