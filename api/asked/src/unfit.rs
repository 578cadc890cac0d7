//! Why what a client asks for cannot be had.

use api_shown::{Invalid, NetworkError};
use api_types::{DetachKeysError, TimeError};
use backends_images::ReferenceError;
use journal_domain::{ParseSignalError, SyslogError};

/// What a client asks for cannot be had: why, in Docker's words. Which status that is, `api-docker` says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// It needs something that is not there.
    #[error("{0}")]
    NotFound(String),
    /// It is not built yet; the text names it.
    #[error("{0}")]
    Unbuilt(String),
    /// It is a place in a network that cannot be had.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

// === impl Unfit ===

impl Unfit {
    /// What is asked for makes no sense.
    pub(crate) fn invalid(why: impl Into<String>) -> Self {
        Self::Invalid(why.into())
    }

    /// What is asked for needs something that is not there.
    pub(crate) fn not_found(why: impl Into<String>) -> Self {
        Self::NotFound(why.into())
    }

    /// What is asked for is not built yet.
    pub(crate) fn unbuilt(why: impl Into<String>) -> Self {
        Self::Unbuilt(why.into())
    }
}

macro_rules! invalid {
    ($($error:ty),+) => {
        $(impl From<$error> for Unfit {
            fn from(error: $error) -> Self {
                Self::invalid(error.to_string())
            }
        })+
    };
}

impl From<SyslogError> for Unfit {
    fn from(error: SyslogError) -> Self {
        match error {
            SyslogError::Invalid(why) => Self::Invalid(why),
            SyslogError::Unbuilt(what) => Self::unbuilt(what),
        }
    }
}

invalid!(DetachKeysError, Invalid, ParseSignalError, ReferenceError, TimeError);
