//! What happened to copies into containers.

use serde::{Deserialize, Serialize};

use crate::{ContainerId, CopyId, Digest, registry::payloads};

payloads! {
    /// An event of a copy.
    pub enum CopyEvent {
        /// It began.
        0x0270 v 1 => Opened(CopyOpened),
        /// All of it is in the container.
        0x0271 v 1 => Completed(CopyCompleted),
        /// It failed.
        0x0272 v 1 => Failed(CopyFailed),
    }
}

/// A copy began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyOpened {
    /// The copy.
    pub id: CopyId,
    /// The container.
    pub container: ContainerId,
    /// The directory in the container.
    pub path: String,
}

/// All of a copy is in the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyCompleted {
    /// The copy.
    pub id: CopyId,
    /// The container.
    pub container: ContainerId,
    /// The digest of the tar, without its compression.
    pub digest: Digest,
    /// Bytes that were sent.
    pub sent_bytes: u64,
    /// Entries of the archive.
    pub entries: u64,
}

/// A copy failed; a part of it may be in the container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyFailed {
    /// The copy.
    pub id: CopyId,
    /// The container.
    pub container: ContainerId,
    /// Why.
    pub reason: String,
}
