//! Why a container or an exec does not start, from the first step to the last.

use std::ffi::NulError;

use rustix::io::Errno;
use sandbox_shim::{FailureOrigin, StartFailure};

use crate::identity::IdentityError;
use crate::program::ProgramError;
use crate::syscall::error_text;

/// Why a container or an exec does not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// The kernel refused a step.
    #[error("{what}: {}", error_text(*errno))]
    System {
        /// The step.
        what: String,
        /// The refusal.
        errno: Errno,
    },
    /// The configuration asks for something that is not allowed.
    #[error("{reason}")]
    Refused {
        /// What and why.
        reason: String,
    },
    /// There is no such user or group.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The program cannot be run.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The program is WebAssembly that cannot be run.
    #[error("exec: {path:?}: {reason}")]
    Wasm {
        /// The path.
        path: String,
        /// Why.
        reason: String,
    },
}

impl From<NulError> for StartError {
    fn from(_: NulError) -> Self {
        Self::Refused { reason: "a string contains a null byte".to_owned() }
    }
}

/// Docker's exit code for a program that cannot be invoked.
const CODE_CANNOT_INVOKE: i32 = 126;

/// Docker's exit code for a program, or a path, that is not there.
const CODE_NOT_FOUND: i32 = 127;

/// Docker's exit code for any other failure to start.
const CODE_OTHER: i32 = 128;

impl StartError {
    /// Returns the failure as the protocol has it.
    pub(crate) fn into_failure(self, origin: FailureOrigin) -> StartFailure {
        let (code, origin) = match &self {
            Self::System { errno, .. } => (exit_code(*errno), origin),
            Self::Program(error) => (exit_code(error.errno()), origin),
            Self::Refused { .. } => (CODE_OTHER, origin),
            Self::Wasm { .. } => (CODE_CANNOT_INVOKE, origin),
            // The daemon looks users up before it calls a runtime.
            Self::Identity(_) if origin == FailureOrigin::Exec => {
                (CODE_CANNOT_INVOKE, FailureOrigin::Daemon)
            }
            Self::Identity(_) => (CODE_OTHER, FailureOrigin::Daemon),
        };
        StartFailure { code, reason: self.to_string(), origin }
    }
}

fn exit_code(errno: Errno) -> i32 {
    match errno {
        Errno::ACCESS | Errno::ISDIR => CODE_CANNOT_INVOKE,
        Errno::NOENT | Errno::NOTDIR => CODE_NOT_FOUND,
        _ => CODE_OTHER,
    }
}

/// Says what a system call was for.
pub(crate) trait During<T> {
    /// Turns a refusal of the kernel into one of the step `what` describes.
    fn during(self, what: impl FnOnce() -> String) -> Result<T, StartError>;
}

impl<T> During<T> for Result<T, Errno> {
    fn during(self, what: impl FnOnce() -> String) -> Result<T, StartError> {
        self.map_err(|errno| StartError::System { what: what(), errno })
    }
}

impl<T> During<T> for std::io::Result<T> {
    fn during(self, what: impl FnOnce() -> String) -> Result<T, StartError> {
        self.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO)).during(what)
    }
}

/// Makes a step's name of a literal.
macro_rules! step {
    ($($words:tt)*) => { || format!($($words)*) };
}
pub(crate) use step;
