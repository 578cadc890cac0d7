//! Commands about the server itself and about its streams.

use serde::{Deserialize, Serialize};

use crate::{
    BridgeConfig, ForgetKeys, StreamEnd, StreamId, StreamKind, StreamTarget, registry::payloads,
};

payloads! {
    /// A command about the server.
    pub enum SystemCommand {
        /// A server took the log over.
        0x0151 v 1 => Boot(Boot),
        /// The host's default bridge was chosen.
        0x0152 v 1 => ConfigureBridge(ConfigureBridge),
        /// A client's stream begins.
        0x0153 v 1 => OpenStream(OpenStream),
        /// A client's stream ends.
        0x0154 v 1 => CloseStream(CloseStream),
        /// A call that could not even be read as a command.
        0x0155 v 1 => Reject(Reject),
        /// `docker container prune` is done.
        0x017a v 1 => RecordPrune(RecordPrune),
        /// Keys of clients were kept long enough.
        0x01c3 v 1 => ForgetKeys(ForgetKeys),
    }
}

/// Tells that a server begins; what its forerunner left open ends here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boot {
    /// The program's version.
    pub version: String,
    /// The host's name.
    pub host: String,
}

/// Tells which bridge containers join.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigureBridge {
    /// The bridge.
    pub bridge: BridgeConfig,
}

/// Asks for a stream of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenStream {
    /// Its identity.
    pub id: StreamId,
    /// What it belongs to.
    pub target: StreamTarget,
    /// What kind of stream it is.
    pub kind: StreamKind,
}

/// Tells that a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseStream {
    /// The stream.
    pub id: StreamId,
    /// Why it ended.
    pub end: StreamEnd,
}

/// Puts a call on record that was refused before it could become a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// The method.
    pub method: String,
    /// The path, cut to a bound.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// The reason in the answer, cut to a bound.
    pub reason: String,
}

/// Tells what a prune of containers has removed; each removal is a record of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordPrune {
    /// How many containers are gone.
    pub containers: u64,
    /// Bytes that their own files took.
    pub reclaimed_bytes: u64,
}
