//! The archive on its way out, in pieces of one size.

use bytes::Bytes;

use super::PackError;

/// Bytes of a piece: large enough that handing one over costs nothing beside its bytes, small enough for the caches.
pub(super) const PIECE_BYTES: usize = 256 * 1024;

/// Collects the archive and hands it over piece by piece.
pub(super) struct Output<S> {
    buffer: Vec<u8>,
    send: S,
}

impl<S: FnMut(Bytes) -> bool> Output<S> {
    pub(super) fn new(send: S) -> Self {
        Self { buffer: Vec::with_capacity(PIECE_BYTES), send }
    }

    /// Appends bytes.
    pub(super) fn put(&mut self, bytes: &[u8]) -> Result<(), PackError> {
        self.with_buffer(|buffer| buffer.extend_from_slice(bytes))
    }

    /// Has `write` append a little, less than a piece.
    pub(super) fn with_buffer<T>(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> T,
    ) -> Result<T, PackError> {
        let written = write(&mut self.buffer);
        if self.buffer.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(written)
    }

    /// Gives room for more bytes, in a buffer that must not grow beyond its capacity.
    pub(super) fn room(&mut self) -> Result<&mut Vec<u8>, PackError> {
        if self.buffer.len() >= self.buffer.capacity() {
            self.flush()?;
        }
        Ok(&mut self.buffer)
    }

    /// Hands bytes over that are there already, without a copy.
    pub(super) fn put_whole(&mut self, bytes: Bytes) -> Result<(), PackError> {
        self.flush()?;
        self.hand_over(bytes)
    }

    /// Hands over what is left.
    pub(super) fn finish(mut self) -> Result<(), PackError> {
        self.flush()
    }

    fn flush(&mut self) -> Result<(), PackError> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.buffer, Vec::with_capacity(PIECE_BYTES));
        self.hand_over(piece.into())
    }

    fn hand_over(&mut self, bytes: Bytes) -> Result<(), PackError> {
        if (self.send)(bytes) { Ok(()) } else { Err(PackError::Stopped) }
    }
}
