//! Websockets over an upgrade, as a stream of bytes: each write is one binary frame.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Buf, Bytes};
use futures_util::{Sink, Stream};
use http::header::{SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION};
use http::{HeaderMap, HeaderValue, Method};
use hyper::upgrade::OnUpgrade;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message};
use warp::Filter;

use crate::hijack::{HijackError, HijackedStream, asks_for, raw_transport, switching};

/// Bytes of a message from a client.
///
/// Clients send keystrokes and pieces of pasted or piped input; those who pipe much cut it far below this.
const MESSAGE_MAX_BYTES: usize = 1024 * 1024;

/// Bytes of a frame to a client, as much as a pipe holds.
const FRAME_MAX_BYTES: usize = 64 * 1024;

/// Bytes that wait for the socket before a write waits.
const WRITE_BUFFER_MAX_BYTES: usize = 4 * FRAME_MAX_BYTES;

/// A checked request for a websocket.
#[derive(Debug)]
pub struct WebSocketHandshake {
    upgrade: OnUpgrade,
    accept: HeaderValue,
}

/// A websocket that begins once its answer is sent.
#[derive(Debug)]
pub struct WebSocketOpening(OnUpgrade);

/// A websocket as a stream of bytes.
///
/// Reading gives the payload of binary and text frames; the client's close frame is the end. Shutting down sends a
/// close frame. Pings are answered while the stream is read.
#[derive(Debug)]
pub struct WebSocketStream {
    frames: tokio_tungstenite::WebSocketStream<HijackedStream>,
    unread: Bytes,
    ended: bool,
}

/// Why a request is not one for a websocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebSocketError {
    /// It does not ask for the upgrade.
    #[error("websocket: the request must be a GET with Connection: Upgrade and Upgrade: websocket")]
    NotAnUpgrade,
    /// Its version is not 13.
    #[error("websocket: only version 13 is understood")]
    Version,
    /// Its key is missing, repeated, or not 16 bytes in base64.
    #[error("websocket: Sec-WebSocket-Key must be 16 bytes in base64")]
    Key,
}

/// Checks a request for a websocket; the route gets the error too, so that it can answer in its own words.
pub fn websocket()
-> impl Filter<Extract = (Result<WebSocketHandshake, WebSocketError>,), Error = std::convert::Infallible>
+ Clone {
    warp::ext::optional::<OnUpgrade>()
        .and(warp::method())
        .and(warp::header::headers_cloned())
        .map(|upgrade, method, headers| check(upgrade, &method, &headers))
}

fn check(
    upgrade: Option<OnUpgrade>,
    method: &Method,
    headers: &HeaderMap,
) -> Result<WebSocketHandshake, WebSocketError> {
    let upgrade = upgrade
        .filter(|_| method == Method::GET && asks_for(headers, "websocket"))
        .ok_or(WebSocketError::NotAnUpgrade)?;
    if only(headers, &SEC_WEBSOCKET_VERSION) != Some("13") {
        return Err(WebSocketError::Version);
    }
    let key = only(headers, &SEC_WEBSOCKET_KEY).ok_or(WebSocketError::Key)?;
    if !STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 16) {
        return Err(WebSocketError::Key);
    }
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes()))
        .expect("base64 is fit for a header");
    Ok(WebSocketHandshake { upgrade, accept })
}

fn only<'a>(headers: &'a HeaderMap, name: &http::HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    if values.next().is_some() { None } else { first.to_str().ok() }
}

// === impl WebSocketHandshake ===

impl WebSocketHandshake {
    /// Answers the request: 101, to be returned by the route, and the stream to be opened in a task of its own.
    pub fn accept(self) -> (warp::reply::Response, WebSocketOpening) {
        let mut response = switching("websocket");
        response.headers_mut().insert(SEC_WEBSOCKET_ACCEPT, self.accept);
        (response, WebSocketOpening(self.upgrade))
    }
}

// === impl WebSocketOpening ===

impl WebSocketOpening {
    /// Waits until the answer is sent and gives the stream.
    pub async fn open(self) -> Result<WebSocketStream, HijackError> {
        let (socket, prefix, permit) = raw_transport(self.0).await?;
        let raw = HijackedStream::over_socket(socket, prefix, permit);
        let config = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_MAX_BYTES))
            .max_frame_size(Some(MESSAGE_MAX_BYTES))
            .max_write_buffer_size(WRITE_BUFFER_MAX_BYTES);
        let frames =
            tokio_tungstenite::WebSocketStream::from_raw_socket(raw, Role::Server, Some(config))
                .await;
        Ok(WebSocketStream { frames, unread: Bytes::new(), ended: false })
    }
}

// === impl WebSocketStream ===

impl AsyncRead for WebSocketStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.unread.is_empty() && !this.ended {
            match ready!(Pin::new(&mut this.frames).poll_next(cx)) {
                Some(Ok(Message::Binary(payload))) => this.unread = payload,
                Some(Ok(Message::Text(text))) => this.unread = text.into(),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(_))) | None => this.ended = true,
                Some(Err(error)) => return Poll::Ready(Err(into_io(error))),
            }
        }
        let length = this.unread.len().min(buf.remaining());
        buf.put_slice(&this.unread[..length]);
        this.unread.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for WebSocketStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.frames).poll_ready(cx)).map_err(into_io)?;
        let length = bytes.len().min(FRAME_MAX_BYTES);
        let frame = Message::Binary(Bytes::copy_from_slice(&bytes[..length]));
        Pin::new(&mut this.frames).start_send(frame).map_err(into_io)?;
        Poll::Ready(Ok(length))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().frames).poll_flush(cx).map_err(into_io)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match ready!(Pin::new(&mut self.get_mut().frames).poll_close(cx)) {
            Ok(()) | Err(tungstenite::Error::ConnectionClosed) => Poll::Ready(Ok(())),
            Err(error) => Poll::Ready(Err(into_io(error))),
        }
    }
}

fn into_io(error: tungstenite::Error) -> io::Error {
    if let tungstenite::Error::Io(error) = error { error } else { io::Error::other(error) }
}
