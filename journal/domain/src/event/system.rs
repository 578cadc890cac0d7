//! What happened to the server and its streams.

use serde::{Deserialize, Serialize};

use crate::{
    BridgeConfig, KeysForgotten, StreamEnd, StreamId, StreamKind, StreamTarget, registry::payloads,
};

payloads! {
    /// An event of the server.
    pub enum SystemEvent {
        /// A server took the log over.
        0x0251 v 1 => Booted(Booted),
        /// Containers join this bridge.
        0x0252 v 1 => BridgeConfigured(BridgeConfigured),
        /// A client's stream began.
        0x0253 v 1 => StreamOpened(StreamOpened),
        /// A client's stream ended.
        0x0254 v 1 => StreamClosed(StreamClosed),
        /// Containers that did not run were removed.
        0x027a v 1 => ContainersPruned(ContainersPruned),
        /// Keys of clients stand for nothing any more.
        0x02c3 v 1 => KeysForgotten(KeysForgotten),
    }
}

/// A server took the log over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booted {
    /// The program's version.
    pub version: String,
    /// The host's name.
    pub host: String,
}

/// Containers join this bridge from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BridgeConfigured {
    /// The bridge.
    pub bridge: BridgeConfig,
}

/// A stream began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamOpened {
    /// The stream.
    pub id: StreamId,
    /// What it belongs to.
    pub target: StreamTarget,
    /// What kind of stream it is.
    pub kind: StreamKind,
}

/// A stream ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamClosed {
    /// The stream.
    pub id: StreamId,
    /// Why it ended.
    pub end: StreamEnd,
}

/// Containers that did not run were removed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainersPruned {
    /// How many.
    pub containers: u64,
    /// Bytes that their own files took.
    pub reclaimed_bytes: u64,
}
