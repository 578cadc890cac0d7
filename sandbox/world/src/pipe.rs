//! A pipe in memory.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;

use crate::files::{FileKind, Metadata};
use crate::interrupt::{Interrupt, Wake};
use crate::stream::Stream;

/// What a pipe holds before its writer waits: as the kernel's.
pub const PIPE_SIZE_BYTES: usize = 64 << 10;

/// The end that is read.
pub struct PipeReader(Arc<Shared>);

/// The end that is written.
pub struct PipeWriter(Arc<Shared>);

/// Makes a pipe. Its memory is taken as it fills.
pub fn pipe() -> (Arc<PipeReader>, Arc<PipeWriter>) {
    let shared = Arc::new(Shared::default());
    (Arc::new(PipeReader(shared.clone())), Arc::new(PipeWriter(shared)))
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    bytes: VecDeque<u8>,
    reader_gone: bool,
    writer_gone: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `done` holds.
    fn wait(
        self: &Arc<Self>,
        interrupt: &Interrupt,
        done: impl Fn(&State) -> bool,
    ) -> io::Result<MutexGuard<'_, State>> {
        interrupt.check()?;
        let state = self.lock();
        if done(&state) {
            return Ok(state);
        }
        drop(state);
        let watch = interrupt.watch(self.clone());
        let mut state = self.lock();
        while !done(&state) {
            interrupt.check()?;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        drop(watch);
        Ok(state)
    }
}

impl Wake for Shared {
    fn wake(&self) {
        drop(self.lock());
        self.changed.notify_all();
    }
}

impl Stream for PipeReader {
    fn read(&self, buffer: &mut [u8], interrupt: &Interrupt) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let mut state =
            self.0.wait(interrupt, |state| !state.bytes.is_empty() || state.writer_gone)?;
        let count = buffer.len().min(state.bytes.len());
        let (front, back) = state.bytes.as_slices();
        let from_front = front.len().min(count);
        buffer[..from_front].copy_from_slice(&front[..from_front]);
        buffer[from_front..count].copy_from_slice(&back[..count - from_front]);
        state.bytes.drain(..count);
        drop(state);
        self.0.changed.notify_all();
        Ok(count)
    }

    fn write(&self, _bytes: &[u8], _interrupt: &Interrupt) -> io::Result<usize> {
        Err(Errno::BADF.into())
    }

    fn metadata(&self) -> io::Result<Metadata> {
        Ok(Metadata::of_kind(FileKind::Fifo, 0o600))
    }
}

impl Stream for PipeWriter {
    fn read(&self, _buffer: &mut [u8], _interrupt: &Interrupt) -> io::Result<usize> {
        Err(Errno::BADF.into())
    }

    fn write(&self, bytes: &[u8], interrupt: &Interrupt) -> io::Result<usize> {
        let mut state = self.0.wait(interrupt, |state| {
            state.reader_gone || state.bytes.len() < PIPE_SIZE_BYTES || bytes.is_empty()
        })?;
        if state.reader_gone {
            return Err(Errno::PIPE.into());
        }
        let count = bytes.len().min(PIPE_SIZE_BYTES - state.bytes.len());
        state.bytes.extend(&bytes[..count]);
        drop(state);
        self.0.changed.notify_all();
        Ok(count)
    }

    fn metadata(&self) -> io::Result<Metadata> {
        Ok(Metadata::of_kind(FileKind::Fifo, 0o600))
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.reader_gone = true;
        state.bytes = VecDeque::new();
        drop(state);
        self.0.changed.notify_all();
    }
}

impl Drop for PipeWriter {
    fn drop(&mut self) {
        self.0.lock().writer_gone = true;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests;
