//! Bytes on their way from the asynchronous side to a thread that blocks on them.

use std::io::{self, Read};

use bytes::{Buf, Bytes};
use futures_util::{Stream, StreamExt as _};
use tokio::sync::mpsc;

/// Chunks that wait for the thread. One is up to a quarter of a megabyte, so a transfer holds two at most.
const CHUNKS_MAX: usize = 8;

/// The asynchronous end.
#[derive(Debug)]
pub struct ChunkSender(mpsc::Sender<Piece>);

/// The end that blocks: a reader, which ends well only when the sender has said so.
#[derive(Debug)]
pub struct ChunkReader {
    chunks: mpsc::Receiver<Piece>,
    chunk: Bytes,
    ended: bool,
}

/// What is handed over. The end is said, so that a sender that was dropped is not taken for one.
#[derive(Debug)]
enum Piece {
    Chunk(Bytes),
    Broken(io::Error),
    End,
}

/// Makes both ends.
pub fn pipe() -> (ChunkSender, ChunkReader) {
    let (sender, chunks) = mpsc::channel(CHUNKS_MAX);
    (ChunkSender(sender), ChunkReader { chunks, chunk: Bytes::new(), ended: false })
}

// === impl ChunkSender ===

impl ChunkSender {
    /// Hands a chunk over, once there is room; false when nobody reads any more.
    pub async fn send(&self, chunk: Bytes) -> bool {
        self.0.send(Piece::Chunk(chunk)).await.is_ok()
    }

    /// Hands over what `chunks` gives, up to its end, its first error, or the point where nobody reads any more.
    pub async fn send_all(self, mut chunks: impl Stream<Item = io::Result<Bytes>> + Unpin) {
        while let Some(chunk) = chunks.next().await {
            match chunk {
                Ok(chunk) => {
                    if !self.send(chunk).await {
                        return;
                    }
                }
                Err(error) => return self.end(Err(error)).await,
            }
        }
        self.end(Ok(())).await;
    }

    /// Tells that no more comes, and why.
    pub async fn end(self, result: Result<(), io::Error>) {
        let last = match result {
            Ok(()) => Piece::End,
            Err(error) => Piece::Broken(error),
        };
        // The reader is gone where this fails, and needs no end.
        let _ = self.0.send(last).await;
    }
}

// === impl ChunkReader ===

impl Read for ChunkReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() && !self.ended {
            match self.chunks.blocking_recv() {
                Some(Piece::Chunk(chunk)) => self.chunk = chunk,
                Some(Piece::End) => self.ended = true,
                Some(Piece::Broken(error)) => return Err(error),
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
