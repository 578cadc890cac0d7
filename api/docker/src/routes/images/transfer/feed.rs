//! A body on its way from the asynchronous side to a thread that blocks on it.

use std::io::{self, Read};

use api_http::{BodyError, BodyStream};
use backends_images::Fault;
use bytes::{Buf, Bytes};
use futures_util::StreamExt as _;
use tokio::sync::mpsc;

use super::Failure;

/// Chunks that wait for the thread. One is up to a quarter of a megabyte, so a transfer holds two at most.
const CHUNKS_MAX: usize = 8;

/// Hands `body` to `take` as a reader, on a thread that may block, and gives what it makes of it.
///
/// What `take` leaves unread is dropped.
pub(super) async fn feed<T: Send + 'static>(
    mut body: BodyStream,
    take: impl FnOnce(&mut dyn Read) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let (sender, receiver) = mpsc::channel(CHUNKS_MAX);
    let taking = tokio::task::spawn_blocking(move || {
        let mut reader = ChunkReader { chunks: receiver, chunk: Bytes::new(), ended: false };
        take(&mut reader)
    });
    let sending = async move {
        while let Some(chunk) = body.next().await {
            if sender.send(Piece::of(chunk)).await.is_err() {
                return;
            }
        }
        // The thread is gone where this fails, and needs no end.
        let _ = sender.send(Piece::End).await;
    };
    let ((), taken) = tokio::join!(sending, taking);
    taken.unwrap_or_else(|panic| Err(Failure { fault: Fault::Store, reason: panic.to_string() }))
}

/// What is handed over. The end is said, so that a sender that was dropped is not taken for one.
#[derive(Debug)]
enum Piece {
    Chunk(Bytes),
    Broken(BodyError),
    End,
}

struct ChunkReader {
    chunks: mpsc::Receiver<Piece>,
    chunk: Bytes,
    ended: bool,
}

// === impl Piece ===

impl Piece {
    fn of(chunk: Result<Bytes, BodyError>) -> Self {
        match chunk {
            Ok(chunk) => Self::Chunk(chunk),
            Err(error) => Self::Broken(error),
        }
    }
}

// === impl ChunkReader ===

impl Read for ChunkReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() && !self.ended {
            match self.chunks.blocking_recv() {
                Some(Piece::Chunk(chunk)) => self.chunk = chunk,
                Some(Piece::End) => self.ended = true,
                Some(Piece::Broken(error)) => return Err(io::Error::other(error)),
                None => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
        let length = self.chunk.len().min(buffer.len());
        self.chunk.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

#[cfg(test)]
mod tests;
