//! The version in a path: `/v1.47/containers/json`.

use std::cmp::Ordering;
use std::fmt;

/// The newest version, which is advertised and meant by a path without one.
pub const API_VERSION: ApiVersion = ApiVersion::new(1, 47);

/// The oldest version that is answered.
pub const MIN_API_VERSION: ApiVersion = ApiVersion::new(1, 24);

/// A version of the Docker API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion {
    major: u32,
    minor: u32,
}

/// A version that is not answered; the texts are Docker's and go with status 400.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiVersionError {
    /// Older than [`MIN_API_VERSION`].
    #[error(
        "client version {0} is too old. Minimum supported API version is {MIN_API_VERSION}, \
         please upgrade your client to a newer version"
    )]
    TooOld(String),
    /// Newer than [`API_VERSION`].
    #[error("client version {0} is too new. Maximum supported API version is {API_VERSION}")]
    TooNew(String),
}

/// Splits a path into the version's digits, if it begins with `/v` and a number, and the rest with its slash.
///
/// The digits are not judged: podman's clients put their own version here (`/v5.8.2/libpod/_ping`).
pub fn split_version(path: &str) -> (Option<&str>, &str) {
    let Some(rest) = path.strip_prefix("/v") else { return (None, path) };
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    if end == 0 || !rest[end..].starts_with('/') {
        return (None, path);
    }
    (Some(&rest[..end]), &rest[end..])
}

impl ApiVersion {
    /// Makes a version.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }

    /// Judges the digits of a path; none mean the newest version.
    pub fn accept(digits: Option<&str>) -> Result<Self, ApiVersionError> {
        let Some(digits) = digits else { return Ok(API_VERSION) };
        // A part that is no number counts as zero, and parts past the second matter only to the comparison.
        let mut parts = digits.split('.').map(number);
        let version = Self::new(parts.next().unwrap_or(0), parts.next().unwrap_or(0));
        let patched = parts.any(|part| part > 0);
        match (version.cmp(&MIN_API_VERSION), version.cmp(&API_VERSION)) {
            (Ordering::Less, _) => Err(ApiVersionError::TooOld(digits.to_owned())),
            (_, Ordering::Greater) => Err(ApiVersionError::TooNew(digits.to_owned())),
            (_, Ordering::Equal) if patched => Err(ApiVersionError::TooNew(digits.to_owned())),
            (Ordering::Equal | Ordering::Greater, Ordering::Less | Ordering::Equal) => Ok(version),
        }
    }
}

/// A number that does not fit is larger than any version.
fn number(part: &str) -> u32 {
    if part.is_empty() { 0 } else { part.parse().unwrap_or(u32::MAX) }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests;
