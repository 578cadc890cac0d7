//! Bytes on their way from a thread that blocks to an answer.

use std::io::{self, Write};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::Cut;

/// Bytes handed over at once: large enough that the hand-over costs nothing beside them.
const CHUNK_BYTES: usize = 256 * 1024;

/// Collects what is written, and hands it over in chunks. It waits while the client is slow.
#[derive(Debug)]
pub(super) struct ChunkWriter {
    sender: mpsc::Sender<Result<Bytes, Cut>>,
    chunk: Vec<u8>,
}

impl ChunkWriter {
    pub(super) fn new(sender: mpsc::Sender<Result<Bytes, Cut>>) -> Self {
        Self { sender, chunk: Vec::with_capacity(CHUNK_BYTES) }
    }

    /// Hands over the rest. A client that has gone is told nothing more.
    pub(super) fn finish(mut self) {
        drop(self.hand_over());
    }

    /// Ends the answer before its end.
    pub(super) fn cut(self) {
        // Nobody is cut off where nobody listens.
        drop(self.sender.blocking_send(Err(Cut)));
    }

    fn hand_over(&mut self) -> io::Result<()> {
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK_BYTES));
        let sent = self.sender.blocking_send(Ok(chunk.into()));
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for ChunkWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(CHUNK_BYTES - self.chunk.len());
        self.chunk.extend_from_slice(&bytes[..taken]);
        if self.chunk.len() == CHUNK_BYTES {
            self.hand_over()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
