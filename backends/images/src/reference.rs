//! Names of images: reading what a client wrote, the whole name, the familiar name.
//!
//! The grammar and the texts of the errors are those of Docker's reference library, for clients show and match them.
//! Pure text work, without the rest of this crate.

use std::{fmt, str::FromStr};

use crate::digest::Digest;

mod grammar;

/// The registry of a name that begins with none.
const DEFAULT_DOMAIN: &str = "docker.io";
/// An old name of the default registry.
const LEGACY_DOMAIN: &str = "index.docker.io";
/// The folder of a name of the default registry that has no folder.
const OFFICIAL_FOLDER: &str = "library/";
/// The tag of a name that has neither tag nor digest.
const DEFAULT_TAG: &str = "latest";
/// Bytes of a name without tag and digest: what registries and dockerd accept.
const NAME_BYTES_MAX: usize = 255;

/// A whole image name, such as `docker.io/library/busybox:latest` or `localhost:5000/app@sha256:…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    domain: String,
    path: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// Tells why a text is not the name of an image, in Docker's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// It does not follow the grammar.
    #[error("invalid reference format")]
    Format,
    /// The path has upper-case letters.
    #[error("invalid reference format: repository name ({path}) must be lowercase")]
    Uppercase {
        /// The path with its default folder.
        path: String,
    },
    /// It is empty.
    #[error("repository name must have at least one component")]
    Empty,
    /// Registry and path are longer than is allowed.
    #[error("repository name must not be more than {NAME_BYTES_MAX} characters")]
    TooLong,
    /// It could not be told from an image's identity.
    #[error("invalid repository name ({name}), cannot specify 64-byte hexadecimal strings")]
    Identity {
        /// What was given.
        name: String,
    },
    /// A digest of another algorithm than SHA-256.
    #[error("unsupported digest algorithm")]
    DigestAlgorithm,
    /// A digest with too few or too many digits.
    #[error("invalid checksum digest length")]
    DigestLength,
    /// A digest with other than lower-case digits.
    #[error("invalid checksum digest format")]
    DigestFormat,
}

// === impl Reference ===

impl Reference {
    /// Reads a name as users write it, and makes it whole: the default registry and folder are filled in, and the
    /// tag `latest` where there is neither tag nor digest.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let mut reference = Self::parse_untagged(text)?;
        if reference.tag.is_none() && reference.digest.is_none() {
            reference.tag = Some(DEFAULT_TAG.to_owned());
        }
        Ok(reference)
    }

    /// Reads a name as users write it, and leaves the tag out where none is written.
    pub fn parse_untagged(text: &str) -> Result<Self, ReferenceError> {
        if text.len() == 64 && text.bytes().all(is_lower_hex) {
            return Err(ReferenceError::Identity { name: text.to_owned() });
        }
        let (domain, folder, rest) = split_domain(text);
        let path = rest.split_once(':').map_or(rest, |(path, _)| path);
        if path.chars().any(char::is_uppercase) {
            return Err(ReferenceError::Uppercase { path: [folder, path].concat() });
        }
        let refused = if text.is_empty() { ReferenceError::Empty } else { ReferenceError::Format };
        let parts = grammar::parse(domain, rest).ok_or(refused)?;
        if domain.len() + 1 + folder.len() + parts.path.len() > NAME_BYTES_MAX {
            return Err(ReferenceError::TooLong);
        }
        Ok(Self {
            domain: domain.to_owned(),
            path: [folder, parts.path].concat(),
            tag: parts.tag.map(str::to_owned),
            digest: parts.digest.map(read_digest).transpose()?,
        })
    }

    /// Gives this name with another tag and without a digest.
    pub fn with_tag(&self, tag: &str) -> Result<Self, ReferenceError> {
        if !grammar::is_tag(tag) {
            return Err(ReferenceError::Format);
        }
        Ok(Self { tag: Some(tag.to_owned()), digest: None, ..self.clone() })
    }

    /// Gives this name without its tag where it has a digest, which says all.
    pub fn canonical(mut self) -> Self {
        if self.digest.is_some() {
            self.tag = None;
        }
        self
    }

    /// Gives registry and path with a digest alone.
    pub fn with_digest(&self, digest: Digest) -> Self {
        Self { tag: None, digest: Some(digest), ..self.clone() }
    }

    /// Gives the registry.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Gives the path in the registry.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Gives the tag.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// Gives the digest.
    pub const fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// Writes registry and path, without tag and digest.
    pub fn name(&self) -> String {
        format!("{}/{}", self.domain, self.path)
    }

    /// Writes registry and path as Docker shows them.
    pub fn familiar_name(&self) -> String {
        if self.domain != DEFAULT_DOMAIN {
            return self.name();
        }
        let path = match self.path.strip_prefix(OFFICIAL_FOLDER) {
            // The folder goes only where reading the name would put it back.
            Some(path) if !path.contains('/') => path,
            Some(_) | None => &self.path,
        };
        path.to_owned()
    }

    /// Writes the name as Docker shows it, such as `busybox:latest`.
    pub fn familiar(&self) -> String {
        format!("{}{}", self.familiar_name(), Ending(self))
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        Self::parse(text)
    }
}

impl fmt::Display for Reference {
    /// Writes the whole name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}{}", self.domain, self.path, Ending(self))
    }
}

/// The tag and the digest of a name.
struct Ending<'r>(&'r Reference);

impl fmt::Display for Ending<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(tag) = &self.0.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.0.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// Divides a text into registry, the folder to fill in, and the rest. The part before the first slash is a registry when it
/// cannot be a folder.
fn split_domain(text: &str) -> (&str, &'static str, &str) {
    let (domain, rest) = match text.split_once('/') {
        Some((first, rest)) if is_domain(first) => (first, rest),
        Some(_) | None => (DEFAULT_DOMAIN, text),
    };
    let domain = if domain == LEGACY_DOMAIN { DEFAULT_DOMAIN } else { domain };
    let is_official = domain == DEFAULT_DOMAIN && !rest.contains('/');
    (domain, if is_official { OFFICIAL_FOLDER } else { "" }, rest)
}

fn is_domain(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost" || first.chars().any(char::is_uppercase)
}

fn read_digest(text: &str) -> Result<Digest, ReferenceError> {
    let Some(("sha256", digits)) = text.split_once(':') else {
        return Err(ReferenceError::DigestAlgorithm);
    };
    if digits.len() != 64 {
        return Err(ReferenceError::DigestLength);
    }
    Digest::from_hex(digits).map_err(|_| ReferenceError::DigestFormat)
}

const fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

#[cfg(test)]
mod tests;
