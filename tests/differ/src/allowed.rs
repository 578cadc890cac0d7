//! The differences that are meant to be, each with its reason.
//!
//! A line is `CALL | PLACE | reason`; `*` stands for anything.

use anyhow::{Context as _, Result, ensure};

use crate::Difference;

/// The list.
#[derive(Debug)]
pub(crate) struct Allowed {
    lines: Vec<(String, String)>,
}

impl Allowed {
    /// Reads the list; a line without a reason is an error.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut lines = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let mut parts = line.split(" | ").map(str::trim);
            let mut part =
                || parts.next().with_context(|| format!("no CALL | PLACE | reason: {line}"));
            let (call, place, reason) = (part()?, part()?, part()?);
            ensure!(!reason.is_empty(), "a difference is allowed without a reason: {line}");
            lines.push((call.to_owned(), place.to_owned()));
        }
        Ok(Self { lines })
    }

    /// True where a line is for this difference.
    pub(crate) fn has(&self, found: &Difference) -> bool {
        self.lines
            .iter()
            .any(|(call, place)| matches(call, &found.call) && matches(place, &found.place))
    }
}

/// True where `text` is `pattern`, whose `*` stand for anything.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices()
                .map(|(at, _)| at)
                .chain([rest.len()])
                .any(|at| matches(after, &rest[at..]))
        }),
    }
}
