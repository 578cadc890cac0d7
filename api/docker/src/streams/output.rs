//! Output on its way to a client: framed, or raw where there is a terminal.

use std::io;

use api_types::{ApiVersion, FrameQueue, MULTIPLEXED_STREAM, RAW_STREAM, StdStream};
use backends_logs::Stream;
use bytes::{Buf, Bytes};
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// Since this version a client is told whether its stream is framed (Engine API version history, v1.42).
const CONTENT_TYPES_SINCE: ApiVersion = ApiVersion::new(1, 42);

/// Bytes gathered before they are written: more only costs memory, less costs calls.
const BATCH_BYTES: usize = 256 * 1024;

/// Writes output to a client.
pub(super) struct OutputWriter<W> {
    writer: W,
    queue: Queue,
}

enum Queue {
    Framed(FrameQueue),
    Raw(Vec<Bytes>, usize),
}

/// Gives the type of a stream as a client of `version` expects it.
pub(super) fn content_type(version: ApiVersion, raw: bool) -> &'static str {
    if raw || version < CONTENT_TYPES_SINCE { RAW_STREAM } else { MULTIPLEXED_STREAM }
}

/// Gives a kept stream's number in frames.
pub(super) const fn framed(stream: Stream) -> StdStream {
    match stream {
        Stream::Stdout => StdStream::Stdout,
        Stream::Stderr => StdStream::Stderr,
    }
}

// === impl OutputWriter ===

impl<W: AsyncWrite + Unpin> OutputWriter<W> {
    pub(super) fn new(writer: W, raw: bool) -> Self {
        let queue = if raw { Queue::Raw(Vec::new(), 0) } else { Queue::Framed(FrameQueue::new()) };
        Self { writer, queue }
    }

    /// Takes output; it is written once there is enough of it, or at [`flush`](Self::flush).
    pub(super) async fn push(&mut self, stream: StdStream, bytes: Bytes) -> io::Result<()> {
        match &mut self.queue {
            Queue::Framed(frames) => frames.push(stream, bytes),
            Queue::Raw(parts, total) => {
                *total += bytes.len();
                parts.push(bytes);
            }
        }
        if self.queue.len() >= BATCH_BYTES { self.flush().await } else { Ok(()) }
    }

    /// Writes what was taken.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        match &mut self.queue {
            Queue::Framed(frames) => self.writer.write_all_buf(frames).await?,
            Queue::Raw(parts, total) => {
                *total = 0;
                for mut part in parts.drain(..) {
                    self.writer.write_all_buf(&mut part).await?;
                }
            }
        }
        self.writer.flush().await
    }

    /// Writes what was taken and tells the client that no more comes.
    pub(super) async fn finish(mut self) -> io::Result<()> {
        self.flush().await?;
        self.writer.shutdown().await
    }
}

// === impl Queue ===

impl Queue {
    fn len(&self) -> usize {
        match self {
            Self::Framed(frames) => frames.remaining(),
            Self::Raw(_, total) => *total,
        }
    }
}
