//! What can go wrong between this host and a registry.

use std::{error::Error, fmt};

use http::StatusCode;
use serde::Deserialize;

use crate::{
    config::ConfigError, digest::Digest, fault::Fault, layers::LayerError, platform::Platform,
    store_error::StoreError,
};

/// Bytes of a registry's own words that are shown.
pub(super) const MESSAGE_BYTES_MAX: usize = 1024;

/// Tells why a registry did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// It could not be reached, or the connection broke.
    #[error("{method} \"{url}\": {reason}")]
    Connection {
        /// What was asked, in the words of Docker: `Get`, `Head`.
        method: String,
        /// Of whom.
        url: String,
        /// Why not.
        reason: String,
    },
    /// It said no.
    #[error(transparent)]
    Answer(#[from] Answer),
    /// It wants a user and a password, and none were sent along.
    #[error("{method} \"{url}\": no basic auth credentials")]
    NoCredentials {
        /// What was asked.
        method: String,
        /// Of whom.
        url: String,
    },
    /// It leads to where no registry may lead.
    #[error("{url} is refused: {reason}")]
    Forbidden {
        /// Where it leads.
        url: String,
        /// Why that is refused.
        reason: String,
    },
    /// It sent a manifest, or a list of them, that cannot be used.
    #[error("the manifest of {reference} cannot be used: {what}")]
    Manifest {
        /// Of what.
        reference: String,
        /// What is wrong with it.
        what: String,
    },
    /// It has the image, and not for this platform.
    #[error("no matching manifest for {0} in the manifest list entries")]
    Platform(Platform),
    /// It sent other bytes than the manifest promises.
    #[error("{what} verification failed for digest {expected}: {found}")]
    Verification {
        /// What was sent.
        what: &'static str,
        /// What was promised.
        expected: Digest,
        /// What came.
        found: String,
    },
    /// It answered what no registry answers.
    #[error("unexpected answer of the registry: {0}")]
    Protocol(String),
    /// The image has a part that is not here.
    #[error("the image cannot be pushed: {0} is not in the store")]
    Missing(Digest),
    /// A thread was stopped while it worked.
    #[error("the transfer was stopped")]
    Stopped,
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A layer could not be unpacked.
    #[error(transparent)]
    Layer(#[from] LayerError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A registry's no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The code of the distribution specification, such as `MANIFEST_UNKNOWN`; empty where it has none.
    pub code: String,
    /// The registry's own words.
    pub message: String,
}

impl RegistryError {
    /// Tells whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Connection { .. } | Self::Stopped => Fault::Transport,
            Self::Layer(error) => error.fault(),
            Self::Store(_) | Self::Missing(_) => Fault::Store,
            Self::Answer(_)
            | Self::NoCredentials { .. }
            | Self::Forbidden { .. }
            | Self::Manifest { .. }
            | Self::Platform(_)
            | Self::Verification { .. }
            | Self::Protocol(_)
            | Self::Config(_) => Fault::Content,
        }
    }

    /// Tells whether the same may work when it is tried again.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Connection { .. } => true,
            Self::Answer(answer) => answer.status == 429 || answer.status >= 500,
            Self::NoCredentials { .. }
            | Self::Forbidden { .. }
            | Self::Manifest { .. }
            | Self::Platform(_)
            | Self::Verification { .. }
            | Self::Protocol(_)
            | Self::Missing(_)
            | Self::Stopped
            | Self::Config(_)
            | Self::Layer(_)
            | Self::Store(_) => false,
        }
    }

    pub(super) fn manifest(reference: impl fmt::Display, what: impl Into<String>) -> Self {
        Self::Manifest { reference: reference.to_string(), what: what.into() }
    }
}

impl Answer {
    /// Reads the body of a refusal.
    pub(super) fn read(status: StatusCode, body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Body {
            #[serde(default)]
            errors: Vec<Item>,
            #[serde(default)]
            details: String,
        }
        #[derive(Deserialize)]
        struct Item {
            #[serde(default)]
            code: String,
            #[serde(default)]
            message: String,
        }
        let body = serde_json::from_slice(body)
            .unwrap_or(Body { errors: Vec::new(), details: String::new() });
        let first = body.errors.into_iter().next();
        let (code, message) = first
            .map_or_else(|| (String::new(), body.details), |first| (first.code, first.message));
        Self { status: status.as_u16(), code: clean(&code), message: clean(&message) }.filled()
    }

    /// Makes the refusal of somebody who is known, and may not.
    pub(super) fn denied(self) -> Self {
        let message = "requested access to the resource is denied".to_owned();
        Self { code: "DENIED".to_owned(), message, ..self }
    }

    /// Says something where the registry said nothing, as an answer to `HEAD` does not.
    fn filled(mut self) -> Self {
        if !self.code.is_empty() {
            return self;
        }
        let (code, message) = match self.status {
            401 => ("UNAUTHORIZED", "authentication required"),
            403 => ("DENIED", "requested access to the resource is denied"),
            429 => ("TOOMANYREQUESTS", "too many requests"),
            _ => return self,
        };
        code.clone_into(&mut self.code);
        if self.message.is_empty() {
            message.clone_into(&mut self.message);
        }
        self
    }
}

impl Error for Answer {}

impl fmt::Display for Answer {
    /// Writes code and message as Docker does: `manifest unknown: manifest unknown`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = StatusCode::from_u16(self.status).ok().and_then(|s| s.canonical_reason());
        match (self.code.is_empty(), self.message.is_empty()) {
            (true, true) => {
                write!(f, "unexpected status: {} {}", self.status, reason.unwrap_or_default())
            }
            (true, false) => f.write_str(&self.message),
            (false, _) => {
                let code = self.code.to_lowercase().replace('_', " ");
                write!(f, "{code}: {}", self.message)
            }
        }
    }
}

/// Keeps a registry's words to a line of text.
pub(super) fn clean(text: &str) -> String {
    let end = text.floor_char_boundary(MESSAGE_BYTES_MAX);
    text[..end].chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Gives the innermost cause of an error, which says most: those around it say that something failed.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    clean(&last.to_string())
}
