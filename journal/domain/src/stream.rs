//! Byte streams whose opening and end are records, and whose bytes are not.

use serde::{Deserialize, Serialize};

use crate::{ContainerId, ExecId};

/// What a stream belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StreamTarget {
    /// A container's main process.
    Container(ContainerId),
    /// An exec.
    Exec(ExecId),
}

/// What kind of stream it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StreamKind {
    /// `POST attach` or `exec start`.
    Attach,
    /// `GET attach/ws`.
    WebSocket,
}

/// Why a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StreamEnd {
    /// The process that it belongs to ended.
    Finished,
    /// The client typed the detach keys.
    Detached,
    /// The client went away.
    HungUp,
    /// The server was not there any more.
    ServerGone,
}
