//! Why a call failed: the only place that picks a refusing status, in podman's shape and words.

use api_docker::Denied;
use api_types::{FilterError, QueryError};
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use crate::body::{self, Answer};

/// A failed call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    status: StatusCode,
    cause: String,
    message: String,
    /// Whether the log knows of it: it was refused there.
    on_record: bool,
}

/// The body of a refusal.
#[derive(Serialize)]
struct Shown<'f> {
    cause: &'f str,
    message: &'f str,
    response: u16,
}

/// How Docker says that something is not there, and the words that podman's clients look for.
const ABSENT: &[(&str, &str)] = &[
    ("no such container", "no such container"),
    ("no such exec instance", "no such exec session"),
    ("no such image", "image not known"),
    ("no such volume", "no such volume"),
    ("no such pod", "no such pod"),
];

// === impl Failure ===

impl Failure {
    /// What was asked makes no sense.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::plain(StatusCode::BAD_REQUEST, message)
    }

    /// What was asked is not built; the message names it.
    pub(crate) fn not_built(what: &str) -> Self {
        Self::plain(StatusCode::NOT_IMPLEMENTED, format!("not built yet: {what}"))
    }

    /// No route answers the path.
    pub(crate) fn no_such_page() -> Self {
        Self::plain(StatusCode::NOT_FOUND, "page not found")
    }

    /// There is nothing of that name; `cause` are the words that clients look for.
    pub(crate) fn absent(cause: &str, message: impl Into<String>) -> Self {
        let (cause, message) = (cause.to_owned(), message.into());
        Self { status: StatusCode::NOT_FOUND, cause, message, on_record: false }
    }

    /// Something else is in the way.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::plain(StatusCode::CONFLICT, message)
    }

    /// It failed, and not by a fault of the client.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::plain(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// Takes a refusal of the Docker API.
    pub(crate) fn of_docker(status: StatusCode, answer: &[u8]) -> Self {
        let said = serde_json::from_slice::<Value>(answer).ok();
        let message = said.as_ref().and_then(|said| said["message"].as_str());
        let message = message.map_or_else(|| status.to_string(), str::to_owned);
        Self { on_record: true, ..Self::plain(status, message) }.in_podmans_words()
    }

    /// Tells whether the log knows of it already.
    pub(crate) const fn is_on_record(&self) -> bool {
        self.on_record
    }

    /// Gives the status.
    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    /// Tells whether what was asked for is not there.
    pub(crate) fn is_absent(&self) -> bool {
        self.status == StatusCode::NOT_FOUND
    }

    /// Gives the text.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Makes the answer.
    pub(crate) fn answer(&self) -> Answer {
        let shown =
            Shown { cause: &self.cause, message: &self.message, response: self.status.as_u16() };
        body::json(self.status, &shown)
    }

    fn plain(status: StatusCode, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { status, cause: message.clone(), message, on_record: false }
    }

    /// Says in podman's words that something is not there.
    fn in_podmans_words(mut self) -> Self {
        if !self.is_absent() {
            return self;
        }
        let lower = self.message.to_lowercase();
        let named = lower.starts_with("network ") && lower.ends_with(" not found");
        let words = ABSENT.iter().find(|(docker, _)| lower.contains(docker)).map(|(_, ours)| *ours);
        if let Some(cause) = words.or(named.then_some("network not found")) {
            let name = self.message.rsplit(": ").next().unwrap_or_default();
            self.message = match cause {
                cause if self.message.ends_with(cause) => self.message,
                "network not found" | "no such volume" => format!("{}: {cause}", self.message),
                _ => format!("{name}: {cause}"),
            };
            self.cause = cause.to_owned();
        }
        self
    }
}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        let plain = Self::plain(denied.status, denied.message);
        Self { on_record: true, ..plain }.in_podmans_words()
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        Self::invalid(error.to_string())
    }
}

impl From<FilterError> for Failure {
    fn from(error: FilterError) -> Self {
        Self::invalid(error.to_string())
    }
}

#[cfg(test)]
mod tests;
