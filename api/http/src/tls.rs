//! TLS under the HTTP library: the handshake, and the stream in two halves that close apart.
//!
//! A connection's own task shakes hands, so that a slow client holds up nobody. Which certificates are good is the
//! business of whoever keeps them.

use std::io::{self, Write as _};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderValue, StatusCode};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::identity::{CertificateKeeper, Identity};
use crate::message;

/// Time for the last bytes of a stream: one whose writing half was dropped, or whose client is refused.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Bytes that a client may send after it was refused: a request's head and the beginning of its body.
const REFUSED_MAX_BYTES: usize = 64 * 1024;

/// Requests without TLS on a port with it.
const PLAIN_REQUEST: &str = "client sent an HTTP request to an HTTPS server";

/// A connection with TLS.
#[derive(Debug)]
pub(crate) struct TlsStream(Box<Inner>);

type Inner = tokio_rustls::server::TlsStream<TcpStream>;

/// The half of a [`TlsStream`] that reads.
#[derive(Debug)]
pub(crate) struct TlsReader(Shared);

/// The half of a [`TlsStream`] that writes; dropping it tells the peer that no more comes.
#[derive(Debug)]
pub(crate) struct TlsWriter {
    shared: Shared,
    closed: bool,
}

/// No lock is held for longer than one read or write that does not wait.
type Shared = Arc<Mutex<Box<Inner>>>;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandshakeError {
    /// The client took too long.
    #[error("the handshake took longer than {0:?}")]
    Late(Duration),
    /// The client does not speak TLS.
    #[error("the client sent HTTP without TLS")]
    Plain,
    /// One of the two refused the other, or the connection broke.
    #[error("the handshake failed")]
    Failed(#[source] io::Error),
    /// The certificate is good for TLS and its owner is not let in.
    #[error("the client certificate is not accepted: {0}")]
    TurnedAway(String),
}

/// Shakes hands; gives the owner of the client's certificate, where it has shown one.
pub(crate) async fn shake_hands(
    stream: TcpStream,
    keeper: &dyn CertificateKeeper,
    limit: Duration,
    server: &HeaderValue,
) -> Result<(TlsStream, Option<Identity>), HandshakeError> {
    let accepting = accept(stream, keeper, server);
    timeout(limit, Box::pin(accepting)).await.unwrap_or(Err(HandshakeError::Late(limit)))
}

async fn accept(
    stream: TcpStream,
    keeper: &dyn CertificateKeeper,
    server: &HeaderValue,
) -> Result<(TlsStream, Option<Identity>), HandshakeError> {
    let mut first = [0];
    stream.peek(&mut first).await.map_err(HandshakeError::Failed)?;
    // A handshake begins with 22, a method with a letter.
    if first[0].is_ascii_uppercase() {
        dismiss(stream, &message::raw(StatusCode::BAD_REQUEST, PLAIN_REQUEST, server)).await;
        return Err(HandshakeError::Plain);
    }
    let acceptor = TlsAcceptor::from(keeper.config());
    let stream = match acceptor.accept(stream).into_fallible().await {
        Ok(stream) => stream,
        Err((error, socket)) => {
            // The alert was sent.
            dismiss(socket, &[]).await;
            return Err(HandshakeError::Failed(error));
        }
    };
    let leaf = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    let owner = leaf.map(|leaf| keeper.owner(leaf)).transpose();
    match owner {
        Ok(owner) => Ok((TlsStream(Box::new(stream)), owner)),
        Err(turned) => {
            dismiss(stream, &message::raw(StatusCode::UNAUTHORIZED, &turned.0, server)).await;
            Err(HandshakeError::TurnedAway(turned.0))
        }
    }
}

/// Says the last words to a client that is refused, and reads what it sends until it closes, at most
/// [`REFUSED_MAX_BYTES`].
///
/// A client may send its request before it hears that it is refused, with TLS 1.3 always. A socket that is closed on
/// unread bytes takes the words away with it.
async fn dismiss(mut stream: impl AsyncRead + AsyncWrite + Unpin, last_words: &[u8]) {
    let dismissing = async {
        stream.write_all(last_words).await?;
        stream.shutdown().await?;
        let mut left = REFUSED_MAX_BYTES;
        let mut bytes = [0; 4096];
        while left > 0 {
            match stream.read(&mut bytes).await? {
                0 => break,
                read => left = left.saturating_sub(read),
            }
        }
        Ok::<_, io::Error>(())
    };
    // It is refused also where it does not listen.
    let _ = timeout(CLOSE_TIMEOUT, dismissing).await;
}

// === impl TlsStream ===

impl TlsStream {
    /// Gives the socket below.
    pub(crate) fn socket(&self) -> &TcpStream {
        self.0.get_ref().0
    }

    /// Writes as much of `bytes` as the socket takes at once.
    pub(crate) fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (socket, session) = self.0.get_mut();
        let taken = session.writer().write(bytes)?;
        while session.wants_write() {
            session.write_tls(&mut AtOnce(socket))?;
        }
        Ok(taken)
    }

    pub(crate) fn into_split(self) -> (TlsReader, TlsWriter) {
        let shared = Arc::new(Mutex::new(self.0));
        (TlsReader(Arc::clone(&shared)), TlsWriter { shared, closed: false })
    }
}

/// A socket that is written to without waiting.
struct AtOnce<'s>(&'s TcpStream);

impl io::Write for AtOnce<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for TlsStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_read(cx, buf)
    }
}

impl AsyncWrite for TlsStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write_vectored(cx, parts)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(cx)
    }
}

// === impl TlsReader, TlsWriter ===

fn locked(shared: &Shared) -> MutexGuard<'_, Box<Inner>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl TlsReader {
    /// Looks at the socket below.
    pub(crate) fn with_socket<T>(&self, look: impl FnOnce(&TcpStream) -> T) -> T {
        look(locked(&self.0).get_ref().0)
    }
}

impl AsyncRead for TlsReader {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *locked(&self.0)).poll_read(cx, buf)
    }
}

impl AsyncWrite for TlsWriter {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *locked(&self.shared)).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *locked(&self.shared)).poll_write_vectored(cx, parts)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *locked(&self.shared)).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let closed = Pin::new(&mut *locked(&this.shared)).poll_shutdown(cx);
        this.closed |= closed.is_ready();
        closed
    }
}

impl Drop for TlsWriter {
    fn drop(&mut self) {
        if self.closed {
            return;
        }
        // Its end has to be said in a record of TLS, behind what may still wait for the socket.
        let shared = Arc::clone(&self.shared);
        let closing =
            std::future::poll_fn(move |cx| Pin::new(&mut *locked(&shared)).poll_shutdown(cx));
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(timeout(CLOSE_TIMEOUT, closing));
        }
    }
}
