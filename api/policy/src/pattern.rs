//! Patterns of names: `*` stands for any letters, everything else for itself.

use serde::Deserialize;

/// Bytes of a pattern: as many as of the longest name of an image.
const PATTERN_BYTES_MAX: usize = 512;

/// A pattern of a name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Pattern(String);

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.is_empty() || text.len() > PATTERN_BYTES_MAX {
            return Err(format!("a pattern has 1 to {PATTERN_BYTES_MAX} letters: {text:?}"));
        }
        Ok(Self(text))
    }
}

// === impl Pattern ===

impl Pattern {
    /// Gives the text, as it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether it stands for the whole of `name`.
    ///
    /// Its time is bounded by the lengths of both, multiplied: only the last `*` is gone back to.
    pub(crate) fn matches(&self, name: &str) -> bool {
        let (pattern, name) = (self.0.as_bytes(), name.as_bytes());
        let (mut at, mut read) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while read < name.len() {
            match pattern.get(at) {
                Some(b'*') => {
                    star = Some((at + 1, read));
                    at += 1;
                }
                Some(letter) if *letter == name[read] => {
                    at += 1;
                    read += 1;
                }
                _ => {
                    let Some((behind, taken)) = star else { return false };
                    star = Some((behind, taken + 1));
                    (at, read) = (behind, taken + 1);
                }
            }
        }
        pattern[at..].iter().all(|letter| *letter == b'*')
    }
}

#[cfg(test)]
mod tests;
