//! What is done once under a client's key: the create, and what becomes of its key.
//!
//! A key is kept as a hash. It stands for the container until it is forgotten.

use journal_log::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ContainerId, CreateContainerWith, Digest};

/// Asks for a new container, unless the same was asked for before under the same key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateContainerOnce {
    /// The container and its options.
    pub create: CreateContainerWith,
    /// Who asked for what under which key of theirs: a hash of caller, method, route and key.
    pub key: Digest,
    /// A hash of what was asked.
    pub request: Digest,
}

/// A container was created under a client's key, which stands for it from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerKeyUsed {
    /// The container.
    pub id: ContainerId,
    /// A hash of caller, method, route and key.
    pub key: Digest,
    /// A hash of what was asked.
    pub request: Digest,
}

/// Tells that keys of clients were kept long enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgetKeys {
    /// Those that were used up to then.
    pub used_before: Timestamp,
}

/// Keys of clients stand for nothing any more: the next use of one is its first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysForgotten {
    /// The keys.
    pub keys: Vec<Digest>,
}
