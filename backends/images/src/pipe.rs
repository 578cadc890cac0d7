//! Bytes on their way from the asynchronous side to a thread that blocks on them.

use std::{
    io::{self, Read},
    mem, vec,
};

use bytes::{Buf as _, Bytes};
use futures_util::{Stream, StreamExt as _};
use tokio::sync::mpsc;

/// Batches that wait for the thread, so that a transfer holds two megabytes and a little more.
const BATCHES_MAX: usize = 8;

/// Bytes of a batch. Clients send some kilobytes at a time, and to wake the thread for each costs more than to use them.
const BATCH_BYTES: usize = 256 * 1024;

/// Chunks of a batch, for a client may send them byte by byte.
const BATCH_CHUNKS_MAX: usize = 1024;

/// The asynchronous end.
#[derive(Debug)]
pub struct ChunkSender {
    pieces: mpsc::Sender<Piece>,
    /// What was not handed over yet.
    batch: Vec<Bytes>,
    batch_bytes: usize,
}

/// The end that blocks: a reader, which ends well only when the sender has said so.
#[derive(Debug)]
pub struct ChunkReader {
    pieces: mpsc::Receiver<Piece>,
    batch: vec::IntoIter<Bytes>,
    chunk: Bytes,
    ended: bool,
}

/// What is handed over. The end is said, so that a sender that was dropped is not taken for one.
#[derive(Debug)]
enum Piece {
    Batch(Vec<Bytes>),
    Broken(io::Error),
    End,
}

/// Makes both ends.
pub fn pipe() -> (ChunkSender, ChunkReader) {
    let (sender, pieces) = mpsc::channel(BATCHES_MAX);
    let reader =
        ChunkReader { pieces, batch: vec![].into_iter(), chunk: Bytes::new(), ended: false };
    (ChunkSender { pieces: sender, batch: Vec::new(), batch_bytes: 0 }, reader)
}

// === impl ChunkSender ===

impl ChunkSender {
    /// Hands a chunk over, with others and once there is room; false when nobody reads any more.
    ///
    /// The reader gets what makes no full batch with the next chunks, or with the end.
    pub async fn send(&mut self, chunk: Bytes) -> bool {
        self.batch_bytes += chunk.len();
        self.batch.push(chunk);
        if self.batch_bytes < BATCH_BYTES && self.batch.len() < BATCH_CHUNKS_MAX {
            return true;
        }
        self.flush().await
    }

    async fn flush(&mut self) -> bool {
        self.batch_bytes = 0;
        let batch = mem::take(&mut self.batch);
        batch.is_empty() || self.pieces.send(Piece::Batch(batch)).await.is_ok()
    }

    /// Hands over what `chunks` gives, up to its end, its first error, or the point where nobody reads any more.
    pub async fn send_all(mut self, mut chunks: impl Stream<Item = io::Result<Bytes>> + Unpin) {
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
    pub async fn end(mut self, result: Result<(), io::Error>) {
        if !self.flush().await {
            return;
        }
        let last = match result {
            Ok(()) => Piece::End,
            Err(error) => Piece::Broken(error),
        };
        // The reader is gone where this fails, and needs no end.
        let _ = self.pieces.send(last).await;
    }
}

// === impl ChunkReader ===

impl Read for ChunkReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() && !self.ended {
            if let Some(chunk) = self.batch.next() {
                self.chunk = chunk;
                continue;
            }
            match self.pieces.blocking_recv() {
                Some(Piece::Batch(batch)) => self.batch = batch.into_iter(),
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
