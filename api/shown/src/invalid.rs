//! What is wrong with a request.

/// What a client asks for makes no sense: why, in Docker's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(String);

impl Invalid {
    /// Says why.
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}
