//! The number of a release, as barriers and openings name it.

use std::fmt;
use std::str::FromStr;

/// `major.minor.patch`. What follows a `-` or `+` is left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release([u64; 3]);

impl Release {
    /// The release whose shapes need no barrier: no log was written by an older one.
    pub const FIRST: Self = Self([0, 0, 0]);

    /// Names a release.
    pub const fn new(major: u64, minor: u64, patch: u64) -> Self {
        Self([major, minor, patch])
    }
}

/// A text is no number of a release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no release of the form major.minor.patch")]
pub struct ParseReleaseError {
    /// The text that was given.
    pub text: String,
}

impl FromStr for Release {
    type Err = ParseReleaseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let core = text.split(['-', '+']).next().unwrap_or_default();
        let parts: Option<Vec<u64>> = core.split('.').map(|part| part.parse().ok()).collect();
        let numbers = parts.and_then(|parts| <[u64; 3]>::try_from(parts).ok());
        numbers.map(Self).ok_or_else(|| ParseReleaseError { text: text.to_owned() })
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

#[cfg(test)]
mod tests;
