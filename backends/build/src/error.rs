//! Why a build failed.

use rustix::io::Errno;

use crate::ParseError;

/// Tells why a build failed, in the docker daemon's words where it has some.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The Dockerfile cannot be read as one: nothing was done.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// What is asked for cannot be: nothing was done.
    #[error("{0}")]
    Asked(String),
    /// A step failed.
    #[error("{0}")]
    Step(String),
    /// A program ended with a code that is not zero.
    #[error("The command '{command}' returned a non-zero code: {code}")]
    Exit {
        /// The program and its arguments.
        command: String,
        /// The code.
        code: i64,
    },
    /// Nobody wants the image any more.
    #[error("Build cancelled")]
    Cancelled,
}

impl BuildError {
    /// Makes the error of a step.
    pub fn step(text: impl Into<String>) -> Self {
        Self::Step(text.into())
    }

    /// Says which instruction failed, where that is what happened.
    pub(crate) fn of_step(self, instruction: &str) -> Self {
        match self {
            Self::Step(text) => Self::Step(format!("{instruction} failed: {text}")),
            error @ (Self::Parse(_) | Self::Asked(_) | Self::Exit { .. } | Self::Cancelled) => {
                error
            }
        }
    }

    /// Makes the error of something that was being done to files.
    pub(crate) fn files(action: &'static str) -> impl Fn(Errno) -> Self {
        move |errno| Self::Step(format!("{action} failed: {}", std::io::Error::from(errno)))
    }
}

/// Tells what an error says, with the causes behind it.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
