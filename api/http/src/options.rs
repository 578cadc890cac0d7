//! Limits and times of a server. Everything that can grow has one.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;

use crate::identity::TokenKeeper;

/// Connections at a time, hijacked ones included.
///
/// 10,000 idle attaches must fit, with room for the requests that start and stop them. An idle connection costs
/// about 10 KB.
pub const CONNECTIONS_MAX: usize = 16_384;

/// Connections over the limit that are being told so at a time.
///
/// A refusal needs a file and a task too; past this many, new connections wait in the kernel's queue.
pub const REFUSALS_MAX: usize = 64;

/// Header lines of a request; the HTTP library keeps up to this many without allocating, and answers 431 past it.
pub const HEADERS_MAX: usize = 100;

/// Bytes of a request's head.
///
/// Build arguments and registry credentials travel in the query and in headers; the HTTP library takes up to 64 KiB
/// of target, so this leaves as much again for the headers.
pub const HEAD_MAX_BYTES: usize = 128 * 1024;

/// Bytes read ahead of a connection's handler.
pub(crate) const BUFFER_MAX_BYTES: usize = 256 * 1024;

/// Time for a request's head to arrive once its first byte has.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Time for a client to shake hands for TLS: two ways over a slow line and a signature.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Time a connection may stay without a request.
///
/// Client pools (docker-java's) keep connections for long and fail when the server closes one at the wrong moment;
/// dockerd never closes them. An hour bounds what a client that forgot its connections can hold.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// Time without a byte while a request's body is read.
///
/// `docker import -` reads from a pipe that may be slow, so this is generous; it bounds dead uploads.
pub const BODY_IDLE_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// How often a request in progress is checked for a client that went away.
pub const HANGUP_CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// Time an answer may go on after a TCP client closed its half.
///
/// There a client that only finished sending and one that is gone look the same.
pub const TCP_HALF_CLOSED_TIMEOUT: Duration = Duration::from_secs(30);

/// Tells by the first line of a request's head whether it becomes a stream though it does not ask for that.
pub type StreamLine = fn(&[u8]) -> bool;

/// Limits and times of a [`crate::Server`]; the default is the constants of this crate.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// See [`CONNECTIONS_MAX`].
    pub connections_max: usize,
    /// See [`HEAD_MAX_BYTES`].
    pub head_max_bytes: usize,
    /// See [`HEAD_TIMEOUT`].
    pub head_timeout: Duration,
    /// See [`HANDSHAKE_TIMEOUT`].
    pub handshake_timeout: Duration,
    /// See [`IDLE_TIMEOUT`].
    pub idle_timeout: Duration,
    /// See [`BODY_IDLE_TIMEOUT`].
    pub body_idle_timeout: Duration,
    /// See [`HANGUP_CHECK_INTERVAL`].
    pub hangup_check_interval: Duration,
    /// See [`TCP_HALF_CLOSED_TIMEOUT`].
    pub tcp_half_closed_timeout: Duration,
    /// Who knows the holders of tokens; where nobody does, a token is passed over.
    pub tokens: Option<Arc<dyn TokenKeeper>>,
    /// Which requests become streams without asking for it; none where nobody knows of such clients.
    pub assumed_streams: Option<StreamLine>,
    /// Value of the `Server` header where a route set none.
    pub server_header: HeaderValue,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            connections_max: CONNECTIONS_MAX,
            head_max_bytes: HEAD_MAX_BYTES,
            head_timeout: HEAD_TIMEOUT,
            handshake_timeout: HANDSHAKE_TIMEOUT,
            idle_timeout: IDLE_TIMEOUT,
            body_idle_timeout: BODY_IDLE_TIMEOUT,
            hangup_check_interval: HANGUP_CHECK_INTERVAL,
            tcp_half_closed_timeout: TCP_HALF_CLOSED_TIMEOUT,
            tokens: None,
            assumed_streams: None,
            server_header: HeaderValue::from_static("sockerless"),
        }
    }
}
