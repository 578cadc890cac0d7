//! Streams of what does not run: input is kept, output goes through a pipe in memory.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use tokio::io::{AsyncWrite, AsyncWriteExt as _, DuplexStream};

/// Bytes in a pipe, as many as Linux gives one.
const PIPE_BYTES: usize = 64 * 1024;

/// What was sent to a program.
#[derive(Debug, Clone, Default)]
pub(super) struct Collected(Arc<Mutex<(Vec<u8>, bool)>>);

/// Keeps what is written to it.
#[derive(Debug)]
pub(super) struct Collector {
    collected: Collected,
    /// Whether dropping it ends the input.
    closes: bool,
}

/// The program's end of an output pipe.
#[derive(Debug)]
pub(super) struct ProgramOutput(DuplexStream);

// === impl Collected ===

impl Collected {
    /// Gives what was sent so far, and whether that is all.
    pub(super) fn so_far(&self) -> (Vec<u8>, bool) {
        self.with(|held| held.clone())
    }

    /// Ends the input.
    pub(super) fn close(&self) {
        self.with(|(_, closed)| *closed = true);
    }

    fn with<T>(&self, look: impl FnOnce(&mut (Vec<u8>, bool)) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

// === impl Collector ===

impl Collector {
    /// Makes an input that goes on when this is dropped, as a container's does.
    pub(super) fn new(collected: Collected) -> Self {
        Self { collected, closes: false }
    }

    /// Makes an input that ends when this is dropped, as an exec's does.
    pub(super) fn closing(collected: Collected) -> Self {
        Self { collected, closes: true }
    }
}

impl AsyncWrite for Collector {
    fn poll_write(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.collected.with(|(kept, _)| kept.extend_from_slice(bytes));
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.closes {
            self.collected.close();
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        if self.closes {
            self.collected.close();
        }
    }
}

// === impl ProgramOutput ===

impl ProgramOutput {
    /// Makes a pipe: the program's end and the client's.
    pub(super) fn pipe() -> (Self, DuplexStream) {
        let (program, client) = tokio::io::duplex(PIPE_BYTES);
        (Self(program), client)
    }

    /// Writes; false where nobody reads any more.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).await.is_ok()
    }
}
