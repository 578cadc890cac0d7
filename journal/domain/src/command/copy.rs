//! Commands about copies into containers.

use serde::{Deserialize, Serialize};

use crate::{ContainerId, CopyId, Digest, registry::payloads};

payloads! {
    /// A command about a copy.
    pub enum CopyCommand {
        /// A client sends files.
        0x0170 v 1 => Open(OpenCopy),
        /// The files are in the container.
        0x0171 v 1 => Complete(CompleteCopy),
        /// Not all of the files are in the container.
        0x0172 v 1 => Fail(FailCopy),
    }
}

/// Tells that a copy begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCopy {
    /// Its identity.
    pub id: CopyId,
    /// The container.
    pub container: ContainerId,
    /// The directory in the container, as the client wrote it.
    pub path: String,
}

/// Tells that everything that was sent is in the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompleteCopy {
    /// The copy.
    pub id: CopyId,
    /// The digest of the tar, without its compression.
    pub digest: Digest,
    /// Bytes that were sent.
    pub sent_bytes: u64,
    /// Entries of the archive.
    pub entries: u64,
}

/// Tells that a copy failed; a part of it may be in the container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailCopy {
    /// The copy.
    pub id: CopyId,
    /// Why.
    pub reason: String,
}
