//! Why a command was refused. A refusal is data: it is journaled, and turned into a status by the API.

use serde::Serialize;

use crate::{ContainerId, PoolName};

/// The reason of a refusal, in Docker's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
pub enum Refusal {
    /// No container has that id or name.
    #[error("No such container: {0}")]
    NoSuchContainer(String),
    /// No exec has that id.
    #[error("No such exec instance: {0}")]
    NoSuchExec(String),
    /// No image has that id or name.
    #[error("No such image: {0}")]
    NoSuchImage(String),
    /// No volume has that name.
    #[error("get {0}: no such volume")]
    NoSuchVolume(String),
    /// No network has that id or name.
    #[error("network {0} not found")]
    NoSuchNetwork(String),
    /// No network of that name is a configuration for others.
    #[error("configuration network {0:?} does not exist")]
    NoSuchConfiguration(String),
    /// No pod has that id or name, in podman's words.
    #[error("no pod with name or ID {0} found: no such pod")]
    NoSuchPod(String),
    /// No pool has that name.
    #[error("no such pool: {0}")]
    NoSuchPool(String),
    /// A pool has no room for another run, and none for another that waits.
    #[error("{reason}")]
    PoolFull {
        /// The pool.
        pool: PoolName,
        /// What is full.
        reason: String,
    },
    /// No driver has that name.
    #[error("plugin {0:?} not found")]
    NoSuchPlugin(String),
    /// A prefix fits several ids.
    #[error("multiple IDs found with provided prefix: {0}")]
    AmbiguousId(String),
    /// Another object has what was asked for, or its state forbids it.
    #[error("{0}")]
    Conflict(String),
    /// It is not allowed.
    #[error("{0}")]
    Forbidden(String),
    /// It is so already.
    #[error("{0}")]
    NotModified(String),
    /// What was asked makes no sense.
    #[error("{0}")]
    InvalidParameter(String),
    /// What was asked is not built yet, or not by this backend.
    #[error("{0}")]
    NotImplemented(String),
    /// The client's key stands for another request.
    #[error(
        "the Idempotency-Key was used before with another request: its first use created container {0}"
    )]
    KeyReused(ContainerId),
    /// There is no room for it.
    #[error("{0}")]
    Exhausted(String),
    /// It cannot be done as things are, for which Docker has no better status than a failure of its own.
    #[error("{0}")]
    Failed(String),
    /// The call was refused with this status before it could become a command.
    #[error("{reason}")]
    Rejected {
        /// The status of the answer.
        status: u16,
        /// The reason in the answer.
        reason: String,
    },
}

// === impl Refusal ===

impl Refusal {
    /// Gives the refusal's number in records; frozen, never reused.
    pub const fn code(&self) -> u16 {
        match self {
            Self::NoSuchContainer(_) => 1,
            Self::NoSuchExec(_) => 2,
            Self::NoSuchImage(_) => 3,
            Self::AmbiguousId(_) => 4,
            Self::Conflict(_) => 5,
            Self::NotModified(_) => 6,
            Self::InvalidParameter(_) => 7,
            Self::NotImplemented(_) => 8,
            Self::Exhausted(_) => 9,
            Self::Rejected { .. } => 10,
            Self::Failed(_) => 11,
            Self::NoSuchVolume(_) => 12,
            Self::KeyReused(_) => 13,
            Self::NoSuchNetwork(_) => 14,
            Self::Forbidden(_) => 15,
            Self::NoSuchPlugin(_) => 16,
            Self::NoSuchPod(_) => 17,
            Self::NoSuchPool(_) => 18,
            Self::PoolFull { .. } => 19,
            Self::NoSuchConfiguration(_) => 20,
        }
    }
}
