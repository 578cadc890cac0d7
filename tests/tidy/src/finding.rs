//! What a rule found.

use std::fmt;

/// One place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, and the line where there is one, counted from 1.
    pub place: String,
    /// What is wrong there, and what the rule wants.
    pub what: String,
}

impl Finding {
    /// Makes a finding about a whole file or package.
    pub fn of(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }

    /// Makes a finding about a line of a file, counted from 1.
    pub fn at(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { place: format!("{path}:{line}"), what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.place, self.what)
    }
}

/// Writes the findings in order, one a line, for a test to show.
pub fn report(findings: &[Finding]) -> String {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort();
    sorted.iter().map(|finding| format!("{finding}\n")).collect()
}
