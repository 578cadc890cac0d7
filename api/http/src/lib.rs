//! HTTP below the routes: listeners, the accept loop, limits, peer identity, and streams that leave HTTP.
//!
//! [`Server`] runs an accept loop of its own round any service, so that it decides on times, limits and identity;
//! [`hijack()`] is the only way to a raw connection. Errors of this level are `{"message": "…"}`, and every answer
//! carries `Server` and `X-Request-Id`.
//!
//! This crate knows no route, no container, nothing of the journal, and no certificate: who is let in is asked of a
//! [`CertificateKeeper`] and a [`TokenKeeper`].

mod activity;
mod address;
mod bearer;
mod body;
mod connection;
mod framing;
mod hijack;
mod identity;
mod listener;
mod message;
mod observer;
mod onward;
mod options;
mod peer;
mod permit;
mod preliminary;
mod request_id;
mod server;
mod service;
mod socket;
mod tls;
mod websocket;
mod wire;

pub use address::{ListenAddress, ParseAddressError};
pub use body::{BodyError, BodySource, BodyStream, RequestBody, body_bytes, body_stream};
pub use hijack::{
    Hijack, HijackError, HijackReader, HijackWriter, HijackedStream, Opening, hijack,
};
pub use identity::{CertificateKeeper, Identity, TokenKeeper, TurnedAway};
pub use listener::{BindError, BindOptions, Listener};
pub use observer::{Answered, NoObserver, Observer, RouteTemplate};
pub use onward::{Introduced, Onward, OnwardBody};
pub use options::{
    BODY_IDLE_TIMEOUT, CONNECTIONS_MAX, HANDSHAKE_TIMEOUT, HANGUP_CHECK_INTERVAL, HEAD_MAX_BYTES,
    HEAD_TIMEOUT, HEADERS_MAX, IDLE_TIMEOUT, REFUSALS_MAX, ServerOptions, StreamLine,
    TCP_HALF_CLOSED_TIMEOUT,
};
pub use peer::{Peer, PeerKind};
pub use preliminary::Preliminary;
pub use request_id::{REQUEST_ID_HEADER, RequestId};
pub use server::{Server, StopReport};
pub use service::{Routes, warp_service};
pub use websocket::{
    WebSocketError, WebSocketHandshake, WebSocketOpening, WebSocketStream, websocket,
};
