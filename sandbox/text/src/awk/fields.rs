//! The record and its fields.

use std::rc::Rc;

use bstr::ByteSlice;
use sandbox_world::pattern::Pattern;

use super::value::{Text, Value};

/// The record, split when a field is asked for and put together when it is.
#[derive(Default)]
pub(super) struct Record {
    text: Option<Text>,
    fields: Option<Vec<Value>>,
}

/// What separates fields.
pub(super) enum Separator {
    Blanks,
    Byte(u8),
    EachByte,
    Regex(Rc<Pattern>),
}

impl Record {
    pub(super) fn set(&mut self, text: Text) {
        self.text = Some(text);
        self.fields = None;
    }

    /// The whole record.
    pub(super) fn text(&mut self, between: &[u8], format: &[u8]) -> Text {
        if let Some(text) = &self.text {
            return text.clone();
        }
        let fields = self.fields.iter().flatten().map(|field| field.to_text(format));
        let text: Text = bstr::join(between, fields).into();
        self.text = Some(text.clone());
        text
    }

    /// True where the fields are not known yet.
    pub(super) fn is_whole(&self) -> bool {
        self.fields.is_none()
    }

    pub(super) fn split(&mut self, separator: &Separator, also_newline: bool) {
        let text = self.text.clone().unwrap_or_else(|| Rc::from(&b""[..]));
        let parts = split(&text, separator, also_newline);
        self.fields = Some(parts.into_iter().map(Value::input).collect());
    }

    pub(super) fn count(&self) -> usize {
        self.fields.as_ref().map_or(0, Vec::len)
    }

    pub(super) fn field(&self, index: usize) -> Value {
        let field = self.fields.as_ref().and_then(|fields| fields.get(index - 1));
        field.cloned().unwrap_or_default()
    }

    pub(super) fn set_field(&mut self, index: usize, value: Value) {
        let fields = self.fields.get_or_insert_default();
        if fields.len() < index {
            fields.resize(index, Value::Nothing);
        }
        fields[index - 1] = value;
        self.text = None;
    }

    pub(super) fn set_count(&mut self, count: usize) {
        self.fields.get_or_insert_default().resize(count, Value::Nothing);
        self.text = None;
    }
}

/// The parts of a text.
pub(super) fn split<'t>(
    text: &'t [u8],
    separator: &Separator,
    also_newline: bool,
) -> Vec<&'t [u8]> {
    if text.is_empty() {
        return Vec::new();
    }
    match separator {
        Separator::Blanks => text.fields().collect(),
        Separator::EachByte => text.chunks(1).collect(),
        Separator::Byte(byte) => {
            text.split(|other| other == byte || also_newline && *other == b'\n').collect()
        }
        Separator::Regex(pattern) => {
            let mut parts = Vec::new();
            let (mut start, mut at) = (0, 0);
            while at < text.len()
                && let Some(found) = pattern.find_at(text, at)
            {
                if found.start == found.end {
                    at = found.end + 1;
                    continue;
                }
                parts.push(&text[start..found.start]);
                start = found.end;
                at = found.end;
            }
            parts.push(&text[start..]);
            parts
        }
    }
}
