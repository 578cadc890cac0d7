//! The transport as the HTTP library sees it: adds times, the peer check, errors in JSON, and a patient close.
//!
//! The library knows one time for a request's head, which it also applies to idle connections, and answers broken
//! requests with an empty body. Both are decided here instead, by watching what passes. Nothing is parsed: an answer
//! of the library's own is known by being written while no request is being answered.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http::{HeaderValue, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::activity::Activity;
use crate::message;
use crate::options::StreamLine;
use crate::permit::Permit;
use crate::socket::{PeerPresence, Socket};

mod assumed;

/// Time for a client to read an answer that it got before it had sent all of its request.
///
/// Closing at once would reset the connection and could take the answer away.
const LINGER_TIMEOUT: Duration = Duration::from_secs(2);

/// Bytes of such a request that are thrown away.
const LINGER_MAX_BYTES: usize = 4 * 1024 * 1024;

/// Times of a connection; see [`crate::ServerOptions`].
#[derive(Debug, Clone)]
pub(crate) struct WireTimes {
    pub(crate) head: Duration,
    pub(crate) idle: Duration,
    pub(crate) tcp_half_closed: Duration,
}

/// What is the same for all connections of a server.
#[derive(Debug, Clone)]
pub(crate) struct WireOptions {
    pub(crate) times: WireTimes,
    pub(crate) server: HeaderValue,
    /// Which requests become streams without asking for it.
    pub(crate) assumed_streams: Option<StreamLine>,
}

/// A connection's transport.
#[derive(Debug)]
pub(crate) struct Wire {
    socket: Socket,
    activity: Arc<Activity>,
    permit: Permit,
    times: WireTimes,
    server: HeaderValue,
    assumed_streams: Option<StreamLine>,
    waiting: Waiting,
    timer: Option<Pin<Box<Sleep>>>,
    half_closed_since: Option<Instant>,
    /// Requests whose answers have left completely.
    answered: u64,
    replacement: Bytes,
    linger: Option<usize>,
}

/// What the read side waits for.
#[derive(Debug)]
struct Waiting {
    /// Requests seen when the wait began.
    requests: u64,
    /// When the connection became idle.
    idle_since: Instant,
    /// When the first byte of the next head came.
    head_since: Option<Instant>,
}

impl Wire {
    pub(crate) fn new(
        socket: Socket,
        activity: Arc<Activity>,
        permit: Permit,
        options: WireOptions,
    ) -> Self {
        let WireOptions { times, server, assumed_streams } = options;
        let waiting = Waiting { requests: 0, idle_since: Instant::now(), head_since: None };
        Self {
            socket,
            activity,
            permit,
            times,
            server,
            assumed_streams,
            waiting,
            timer: None,
            half_closed_since: None,
            answered: 0,
            replacement: Bytes::new(),
            linger: None,
        }
    }

    /// Takes the transport out after an upgrade; `None` when no answer switched.
    ///
    /// The library also gives it up when a connection that once asked for an upgrade ends as one of HTTP.
    pub(crate) fn into_switched(self) -> Option<(Socket, Permit)> {
        self.activity.is_switched().then_some((self.socket, self.permit))
    }

    fn note_request(&mut self) {
        let requests = self.activity.requests();
        if requests != self.waiting.requests {
            self.waiting = Waiting { requests, idle_since: Instant::now(), head_since: None };
        }
    }

    /// Waits until the peer has taken longer than it may.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let deadline = match self.waiting.head_since {
            Some(since) => since + self.times.head,
            None => self.waiting.idle_since + self.times.idle,
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        // A timer that is early is only moved once it fires: a busy connection then sets it once in a while and
        // not at every request.
        if deadline < timer.deadline() {
            timer.as_mut().reset(deadline);
        }
        loop {
            ready!(timer.as_mut().poll(cx));
            if timer.deadline() >= deadline {
                return Poll::Ready(());
            }
            timer.as_mut().reset(deadline);
        }
    }

    /// Looks for a peer that went away while its answer is being made.
    fn check_peer(&mut self) -> io::Result<()> {
        match self.socket.presence() {
            PeerPresence::Open => Ok(()),
            PeerPresence::HalfClosed if !self.socket.is_tcp() => Ok(()),
            PeerPresence::HalfClosed => {
                let since = *self.half_closed_since.get_or_insert_with(Instant::now);
                if since.elapsed() < self.times.tcp_half_closed {
                    return Ok(());
                }
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            PeerPresence::Gone => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }

    /// Gives the error answer to write in place of the library's own, if `bytes` is one.
    fn replace(&self, bytes: &[u8]) -> Option<Bytes> {
        if self.activity.is_busy() || self.answered != self.activity.requests() {
            return None;
        }
        let status = bytes.strip_prefix(b"HTTP/1.1 4")?.get(..2)?;
        if !bytes.ends_with(b"\r\n\r\n") {
            return None;
        }
        let (status, message) = match status {
            b"14" => (StatusCode::URI_TOO_LONG, "the request's target is too long"),
            b"31" => (
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "the request's headers are too large or too many",
            ),
            _ => (StatusCode::BAD_REQUEST, "malformed HTTP request"),
        };
        Some(message::raw(status, message, &self.server))
    }

    /// Writes what replaces an answer of the library.
    fn poll_replacement(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.replacement.is_empty() {
            let written = ready!(Pin::new(&mut self.socket).poll_write(cx, &self.replacement))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.replacement.advance(written);
        }
        Poll::Ready(Ok(()))
    }

    /// Reads and drops what the peer still sends, so that it gets to read its answer.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.is_none() {
            self.linger = Some(LINGER_MAX_BYTES);
            self.timer = Some(Box::pin(sleep_until(Instant::now() + LINGER_TIMEOUT)));
        }
        let mut scrap = [0; 16 * 1024];
        loop {
            if self.timer.as_mut().is_some_and(|timer| timer.as_mut().poll(cx).is_ready()) {
                return Poll::Ready(Ok(()));
            }
            let mut buf = ReadBuf::new(&mut scrap);
            ready!(Pin::new(&mut self.socket).poll_read(cx, &mut buf))?;
            let left = self.linger.unwrap_or(0).saturating_sub(buf.filled().len());
            self.linger = Some(left);
            if buf.filled().is_empty() || left == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let read = Pin::new(&mut this.socket).poll_read(cx, buf);
        if this.activity.is_busy() {
            // A body: its own time is kept where it is read.
            return read;
        }
        this.note_request();
        match read {
            Poll::Ready(result) => {
                if buf.filled().len() > before && this.waiting.head_since.is_none() {
                    this.waiting.head_since = Some(Instant::now());
                    if let Some(is_stream) = this.assumed_streams {
                        assumed::ask_for_upgrade(buf, before, is_stream);
                    }
                }
                Poll::Ready(result)
            }
            Poll::Pending => {
                ready!(this.poll_late(cx));
                if this.waiting.head_since.is_some() {
                    let late = message::raw(
                        StatusCode::REQUEST_TIMEOUT,
                        "the request's head did not arrive in time",
                        &this.server,
                    );
                    // A client this slow may not read either; it gets what fits.
                    let _ = this.socket.try_write(&late);
                }
                // Nothing read stands for the end of the stream.
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_replacement(cx))?;
        if let Some(replacement) = this.replace(bytes) {
            this.replacement = replacement;
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut this.socket).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [only] = parts {
            return self.poll_write(cx, only);
        }
        let this = self.get_mut();
        ready!(this.poll_replacement(cx))?;
        Pin::new(&mut this.socket).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_replacement(cx))?;
        ready!(Pin::new(&mut this.socket).poll_flush(cx))?;
        // The library flushes when it has written everything it has.
        if !this.activity.is_busy() {
            this.answered = this.activity.requests();
        }
        if this.activity.take_peer_check() {
            this.check_peer()?;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_replacement(cx))?;
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.socket).poll_shutdown(cx))?;
            if !this.activity.is_body_left_unread() {
                return Poll::Ready(Ok(()));
            }
        }
        this.poll_linger(cx)
    }
}
