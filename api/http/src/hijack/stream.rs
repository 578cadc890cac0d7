//! The stream of a hijacked exchange, whole or in two halves that close apart.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use futures_util::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::{CancellationToken, PollSender};

use crate::body::BodyStream;
use crate::permit::Permit;
use crate::socket::{PeerPresence, Socket, SocketReader, SocketWriter};

/// Chunks of output that wait for the HTTP library, when there was no upgrade.
///
/// The library has a buffer of its own; two chunks keep it busy while the next is made.
const BODY_QUEUE_MAX: usize = 2;

/// Bytes of such a chunk, as much as a pipe holds.
const BODY_CHUNK_MAX_BYTES: usize = 64 * 1024;

/// How often a silent stream is checked for a client that is gone.
const HANGUP_CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// A stream to a client.
///
/// The end of reading means that the client sends no more; it may still read. Shutting down the writing, or dropping
/// it, tells the client that no more comes. Reads and writes go straight to the socket, vectored writes included.
#[derive(Debug)]
pub struct HijackedStream {
    reader: HijackReader,
    writer: HijackWriter,
}

/// The half that reads what the client sends.
#[derive(Debug)]
pub struct HijackReader {
    source: Source,
    _permit: Option<Permit>,
}

/// The half that writes to the client.
#[derive(Debug)]
pub struct HijackWriter {
    sink: Sink,
    _permit: Option<Permit>,
}

#[derive(Debug)]
enum Source {
    Socket { socket: SocketReader, prefix: Bytes },
    Body { body: Option<BodyStream>, chunk: Bytes, gone: CancellationToken },
}

#[derive(Debug)]
enum Sink {
    Socket(SocketWriter),
    Body(PollSender<Bytes>),
}

// === impl HijackedStream ===

impl HijackedStream {
    pub(crate) fn over_socket(socket: Socket, prefix: Bytes, permit: Permit) -> Self {
        let (reader, writer) = socket.into_split();
        Self {
            reader: HijackReader {
                source: Source::Socket { socket: reader, prefix },
                _permit: Some(permit.clone()),
            },
            writer: HijackWriter { sink: Sink::Socket(writer), _permit: Some(permit) },
        }
    }

    /// Makes a stream that writes into an answer's body and reads the request's.
    pub(super) fn over_body(
        body: BodyStream,
    ) -> (Self, impl Stream<Item = Result<Bytes, Infallible>> + Send + Sync + 'static) {
        let (sender, mut receiver) = mpsc::channel::<Bytes>(BODY_QUEUE_MAX);
        let gone = CancellationToken::new();
        let answered = gone.clone().drop_guard();
        let source = Source::Body { body: Some(body), chunk: Bytes::new(), gone };
        let stream = Self {
            reader: HijackReader { source, _permit: None },
            writer: HijackWriter { sink: Sink::Body(PollSender::new(sender)), _permit: None },
        };
        let chunks = futures_util::stream::poll_fn(move |cx| {
            let _held = &answered;
            receiver.poll_recv(cx).map(|chunk| chunk.filter(|chunk| !chunk.is_empty()).map(Ok))
        });
        (stream, chunks)
    }

    /// Gives the two halves, which may live in different tasks.
    pub fn into_split(self) -> (HijackReader, HijackWriter) {
        (self.reader, self.writer)
    }
}

impl AsyncRead for HijackedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().reader).poll_read(cx, buf)
    }
}

impl AsyncWrite for HijackedStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().writer).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().writer).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.writer.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().writer).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().writer).poll_shutdown(cx)
    }
}

// === impl HijackReader ===

impl HijackReader {
    /// Waits until the client is gone, or both halves have ended.
    ///
    /// For a handler whose output is silent for long: reading tells it only of the client's half. Over TCP a client
    /// that vanished without a reset is found by the next write alone. Cancelling it loses nothing.
    pub async fn hangup(&self) {
        match &self.source {
            Source::Socket { socket, .. } => {
                while socket.presence() != PeerPresence::Gone {
                    sleep(HANGUP_CHECK_INTERVAL).await;
                }
            }
            Source::Body { gone, .. } => gone.cancelled().await,
        }
    }
}

impl AsyncRead for HijackReader {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.get_mut().source {
            Source::Socket { socket, prefix } if prefix.is_empty() => {
                Pin::new(socket).poll_read(cx, buf)
            }
            Source::Socket { prefix: chunk, .. } => {
                take(chunk, buf);
                Poll::Ready(Ok(()))
            }
            Source::Body { body, chunk, .. } => {
                while chunk.is_empty() {
                    let Some(rest) = body else { return Poll::Ready(Ok(())) };
                    match ready!(Pin::new(rest).poll_next(cx)) {
                        Some(Ok(next)) => *chunk = next,
                        Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
                        None => *body = None,
                    }
                }
                take(chunk, buf);
                Poll::Ready(Ok(()))
            }
        }
    }
}

fn take(chunk: &mut Bytes, buf: &mut ReadBuf<'_>) {
    let length = chunk.len().min(buf.remaining());
    buf.put_slice(&chunk[..length]);
    chunk.advance(length);
}

// === impl HijackWriter ===

impl AsyncWrite for HijackWriter {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().sink {
            Sink::Socket(socket) => Pin::new(socket).poll_write(cx, bytes),
            Sink::Body(sender) => {
                ready!(sender.poll_reserve(cx)).map_err(broken)?;
                let length = bytes.len().min(BODY_CHUNK_MAX_BYTES);
                sender.send_item(Bytes::copy_from_slice(&bytes[..length])).map_err(broken)?;
                Poll::Ready(Ok(length))
            }
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().sink {
            Sink::Socket(socket) => Pin::new(socket).poll_write_vectored(cx, parts),
            Sink::Body(sender) => {
                ready!(sender.poll_reserve(cx)).map_err(broken)?;
                let mut chunk = Vec::new();
                for part in parts {
                    let room = BODY_CHUNK_MAX_BYTES - chunk.len();
                    chunk.extend_from_slice(&part[..part.len().min(room)]);
                }
                let length = chunk.len();
                sender.send_item(chunk.into()).map_err(broken)?;
                Poll::Ready(Ok(length))
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().sink {
            Sink::Socket(socket) => Pin::new(socket).poll_flush(cx),
            // The HTTP library writes what it has taken without being asked.
            Sink::Body(_) => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().sink {
            Sink::Socket(socket) => Pin::new(socket).poll_shutdown(cx),
            Sink::Body(sender) => {
                sender.close();
                Poll::Ready(Ok(()))
            }
        }
    }
}

fn broken<E>(_: E) -> io::Error {
    io::ErrorKind::BrokenPipe.into()
}
