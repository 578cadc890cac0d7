//! Why an effect failed.

/// Why an effect other than a start failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EffectError {
    /// There is nothing to do it to: the run or the exec is not there any more.
    #[error("nothing runs there any more")]
    Gone,
    /// The backend cannot do it; trying again will not help.
    #[error("{0}")]
    Unsupported(String),
    /// It did not work this time; the reconciler tries again.
    #[error("{0}")]
    Failed(String),
}

/// Why a container or an exec could not be started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StartError {
    /// 127 where the program is not there, 126 where it cannot be run, 128 for any other cause.
    pub exit_code: i64,
    /// The cause, in Docker's words where it has some.
    pub message: String,
}
