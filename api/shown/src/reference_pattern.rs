//! Patterns of image names: `busybox`, `team/*`, `*:latest`.
//!
//! As in Docker (Go's `path.Match` on the name with and without its tag): a star and a question mark do not reach
//! over a slash, a class is in brackets, a backslash takes the next sign as it is.

use regex::Regex;

/// Tells that a text is no pattern, in Go's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("syntax error in pattern")]
pub struct BadPattern;

/// A pattern of image names.
#[derive(Debug)]
pub struct ReferencePattern(Regex);

// === impl ReferencePattern ===

impl ReferencePattern {
    /// Reads a pattern; one that is none is refused in Go's words.
    pub fn parse(pattern: &str) -> Result<Self, BadPattern> {
        let expression = expression(pattern).ok_or(BadPattern)?;
        Regex::new(&expression).map(Self).map_err(|_| BadPattern)
    }

    /// Tells whether a name as Docker shows it (`team/app:v1`) matches, with its tag or without.
    pub fn matches(&self, name: &str) -> bool {
        let untagged = match name.rsplit_once(':') {
            Some((untagged, tag)) if !tag.contains('/') => untagged,
            Some(_) | None => name,
        };
        self.0.is_match(name) || self.0.is_match(untagged)
    }
}

/// Writes the pattern as a regular expression; `None` where a class or an escape does not end.
fn expression(pattern: &str) -> Option<String> {
    let mut expression = String::from("^");
    let mut signs = pattern.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '*' => expression.push_str("[^/]*"),
            '?' => expression.push_str("[^/]"),
            '\\' => expression.push_str(&regex::escape(&signs.next()?.to_string())),
            '[' => class(&mut signs, &mut expression)?,
            other => expression.push_str(&regex::escape(&other.to_string())),
        }
    }
    expression.push('$');
    Some(expression)
}

/// Writes a class up to its closing bracket.
fn class(signs: &mut std::str::Chars<'_>, expression: &mut String) -> Option<()> {
    expression.push('[');
    let mut first = true;
    loop {
        let sign = signs.next()?;
        match sign {
            ']' if !first => break,
            '^' if first => {
                expression.push('^');
                continue;
            }
            '-' if !first => expression.push('-'),
            '\\' => expression.push_str(&escaped(signs.next()?)),
            other => expression.push_str(&escaped(other)),
        }
        first = false;
    }
    expression.push(']');
    Some(())
}

/// Writes a sign so that it means itself within a class.
fn escaped(sign: char) -> String {
    if sign.is_alphanumeric() { sign.to_string() } else { format!("\\{sign}") }
}

#[cfg(test)]
mod tests;
