//! Request bodies: read with a limit, or streamed, and never waited for forever.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body_util::Full;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::io::AsyncRead;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::io::StreamReader;
use warp::{Filter, Rejection};

use crate::activity::Activity;

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It is longer than the route takes.
    #[error("request body too large: the limit is {limit_bytes} bytes")]
    TooLarge {
        /// The route's limit.
        limit_bytes: usize,
    },
    /// No byte came for too long.
    #[error("request body stalled")]
    Stalled,
    /// It ended early or is framed wrongly.
    #[error("request body is broken")]
    Broken(#[source] BodySource),
}

/// What the HTTP library says of a broken body.
#[derive(Debug)]
pub struct BodySource(Box<dyn std::error::Error + Send + Sync>);

/// A request's body as the server hands it to the routes.
///
/// It ends with an error when the client sends nothing for [`crate::ServerOptions::body_idle_timeout`].
#[derive(Debug)]
pub struct RequestBody {
    inner: Inner,
    idle: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    /// The connection that it comes by; one made of bytes has none.
    activity: Option<Arc<Activity>>,
    finished: bool,
}

#[derive(Debug)]
enum Inner {
    Incoming(Incoming),
    Whole(Full<Bytes>),
}

/// A request's body as a stream of chunks.
pub struct BodyStream {
    chunks: Pin<Box<dyn Stream<Item = Result<Bytes, BodyError>> + Send + Sync>>,
    length_bytes: Option<u64>,
}

/// Reads the whole body, at most `limit_bytes` of it.
///
/// The route gets the error too, so that it can answer in its own words. A body that announces more than the limit
/// is refused before it is read.
pub fn body_bytes(
    limit_bytes: usize,
) -> impl Filter<Extract = (Result<Bytes, BodyError>,), Error = Rejection> + Clone {
    body_stream().then(move |body: BodyStream| body.collect(limit_bytes))
}

/// Gives the body as a stream.
pub fn body_stream() -> impl Filter<Extract = (BodyStream,), Error = Rejection> + Clone {
    warp::header::headers_cloned().and(warp::body::stream()).map(|headers: HeaderMap, chunks| {
        BodyStream { chunks: Box::pin(typed(chunks)), length_bytes: length(&headers) }
    })
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn typed<S, B>(chunks: S) -> impl Stream<Item = Result<Bytes, BodyError>>
where
    S: Stream<Item = Result<B, warp::Error>>,
    B: Buf,
{
    chunks.map(|chunk| match chunk {
        Ok(mut chunk) => Ok(chunk.copy_to_bytes(chunk.remaining())),
        Err(error) => {
            let stalled = std::error::Error::source(&error)
                .and_then(|source| source.downcast_ref::<BodyError>())
                .is_some_and(|source| matches!(source, BodyError::Stalled));
            Err(if stalled { BodyError::Stalled } else { BodyError::broken(error) })
        }
    })
}

// === impl BodyStream ===

impl BodyStream {
    /// Tells the length that the client announced, in bytes; `None` for a chunked body or none.
    pub fn length_bytes(&self) -> Option<u64> {
        self.length_bytes
    }

    /// Reads to the end, at most `limit_bytes`.
    pub async fn collect(mut self, limit_bytes: usize) -> Result<Bytes, BodyError> {
        self.read_to_end(limit_bytes).await
    }

    /// Gives the body as a reader; a [`BodyError`] becomes the inner error of the reader's.
    pub fn into_reader(self) -> impl AsyncRead + Send + Unpin {
        StreamReader::new(self.map(|chunk| chunk.map_err(io::Error::other)))
    }

    pub(crate) async fn read_to_end(&mut self, limit_bytes: usize) -> Result<Bytes, BodyError> {
        let too_large = || BodyError::TooLarge { limit_bytes };
        if self.length_bytes.is_some_and(|length| length > limit_bytes as u64) {
            return Err(too_large());
        }
        // Most bodies come in one chunk, which is then not copied.
        let Some(first) = self.next().await.transpose()? else { return Ok(Bytes::new()) };
        if first.len() > limit_bytes {
            return Err(too_large());
        }
        let mut whole = BytesMut::new();
        while let Some(chunk) = self.next().await.transpose()? {
            if whole.is_empty() {
                whole.extend_from_slice(&first);
            }
            if whole.len() + chunk.len() > limit_bytes {
                return Err(too_large());
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(if whole.is_empty() { first } else { whole.freeze() })
    }
}

impl Stream for BodyStream {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().chunks.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for BodyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyStream").field("length_bytes", &self.length_bytes).finish()
    }
}

// === impl RequestBody ===

impl RequestBody {
    pub(crate) fn new(inner: Incoming, idle: Duration, activity: Arc<Activity>) -> Self {
        let finished = inner.is_end_stream();
        let (inner, activity) = (Inner::Incoming(inner), Some(activity));
        Self { inner, idle, timer: None, activity, finished }
    }

    /// Makes a body of bytes, for a request that one API makes of another in this process.
    pub fn of_bytes(bytes: impl Into<Bytes>) -> Self {
        let inner = Inner::Whole(Full::new(bytes.into()));
        Self { inner, idle: Duration::ZERO, timer: None, activity: None, finished: true }
    }

    /// Waits for the next chunk to take too long; each wait begins anew.
    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let idle = self.idle;
        self.timer
            .get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + idle)))
            .as_mut()
            .poll(cx)
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let incoming = match &mut this.inner {
            Inner::Incoming(incoming) => incoming,
            Inner::Whole(bytes) => {
                return Pin::new(bytes).poll_frame(cx).map_err(|never| match never {});
            }
        };
        if let Poll::Ready(frame) = Pin::new(&mut *incoming).poll_frame(cx) {
            this.timer = None;
            this.finished = frame.is_none() || incoming.is_end_stream();
            return Poll::Ready(frame.map(|frame| frame.map_err(BodyError::broken)));
        }
        ready!(this.poll_stalled(cx));
        Poll::Ready(Some(Err(BodyError::Stalled)))
    }

    fn is_end_stream(&self) -> bool {
        match &self.inner {
            Inner::Incoming(incoming) => incoming.is_end_stream(),
            Inner::Whole(bytes) => bytes.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Inner::Incoming(incoming) => incoming.size_hint(),
            Inner::Whole(bytes) => bytes.size_hint(),
        }
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        if let Some(activity) = self.activity.as_ref().filter(|_| !self.finished) {
            activity.leave_body_unread();
        }
    }
}

// === impl BodyError ===

impl BodyError {
    fn broken(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Broken(BodySource(error.into()))
    }
}

impl fmt::Display for BodySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for BodySource {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}
