//! The forms in which records are exported, one a file.

mod cloudevents;
mod csv;
mod jsonl;
mod ocsf;

use std::fmt;
use std::str::FromStr;

pub(crate) use self::jsonl::line as jsonl_line;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::entry::Entry;
use crate::filter::Filter;

/// A form of export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One JSON object a line, with the record's bytes: the form that can be verified.
    Jsonl,
    /// Comma-separated values, RFC 4180, with a line of names first.
    Csv,
    /// CloudEvents 1.0.2, one JSON object a line.
    CloudEvents,
    /// OCSF API Activity (class 6003), one JSON object a line.
    Ocsf,
}

/// Writes entries in a form.
#[derive(Debug, Clone)]
pub struct Formatter {
    format: Format,
    origin: String,
}

/// A text is no form of export.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no format: jsonl, csv, cloudevents and ocsf are")]
pub struct ParseFormatError {
    text: String,
}

// === impl Format ===

impl Format {
    /// Returns the form's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::CloudEvents => "cloudevents",
            Self::Ocsf => "ocsf",
        }
    }

    /// Returns the media type of an export.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Jsonl | Self::CloudEvents | Self::Ocsf => "application/x-ndjson",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = ParseFormatError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Jsonl, Self::Csv, Self::CloudEvents, Self::Ocsf]
            .into_iter()
            .find(|format| format.name() == text)
            .ok_or_else(|| ParseFormatError { text: text.to_owned() })
    }
}

// === impl Formatter ===

impl Formatter {
    /// Begins an export of the log `origin`.
    pub fn new(format: Format, origin: &str) -> Self {
        Self { format, origin: origin.to_owned() }
    }

    /// Gives what stands before the entries of an export of the records `span`, the first of which is of `time`.
    ///
    /// It says what `filter` leaves out, in the form's own words. The JSON lines' own first line is the export's affair,
    /// for it has the proof's beginning.
    pub fn opening(&self, filter: &Filter, span: &str, time: &str) -> String {
        match self.format {
            Format::Jsonl => String::new(),
            Format::Csv => csv::names(filter),
            Format::CloudEvents if filter.is_everything() => String::new(),
            Format::CloudEvents => line(&cloudevents::opening(&self.origin, filter, span, time)),
            Format::Ocsf if filter.is_everything() => String::new(),
            Format::Ocsf => line(&ocsf::opening(&self.origin, filter, span, time)),
        }
    }

    /// Gives the line of an entry, with its end.
    pub fn entry(&self, entry: &Entry) -> String {
        match self.format {
            Format::Jsonl => jsonl::line(entry),
            Format::Csv => csv::line(entry),
            Format::CloudEvents => line(&cloudevents::event(&self.origin, entry)),
            Format::Ocsf => line(&ocsf::event(&self.origin, entry)),
        }
    }
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}

#[cfg(test)]
mod tests;
