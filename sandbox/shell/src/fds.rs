//! The descriptors of a process.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use sandbox_tools::{FileKind, Interrupt, Metadata, Stream, Wake};

/// Descriptors of a process: as `ulimit -n` commonly is.
const FDS_MAX: u32 = 1024;

/// The descriptors of a process. A fork shares what they stand for.
#[derive(Clone, Default)]
pub(crate) struct Fds {
    streams: Vec<Option<Arc<dyn Stream>>>,
    /// How many a process may have.
    pub(crate) limit: FdLimit,
}

/// The limit of descriptors, and how far it may be raised.
#[derive(Clone, Copy)]
pub(crate) struct FdLimit {
    pub(crate) soft: u32,
    pub(crate) hard: u32,
}

impl Default for FdLimit {
    fn default() -> Self {
        Self { soft: FDS_MAX, hard: FDS_MAX }
    }
}

impl Fds {
    pub(crate) fn new(
        stdin: Arc<dyn Stream>,
        stdout: Arc<dyn Stream>,
        stderr: Arc<dyn Stream>,
    ) -> Self {
        let streams = vec![Some(stdin), Some(stdout), Some(stderr)];
        Self { streams, limit: FdLimit::default() }
    }

    pub(crate) fn get(&self, fd: u32) -> Option<&Arc<dyn Stream>> {
        self.streams.get(fd as usize)?.as_ref()
    }

    /// Puts a stream, or nothing, at a descriptor: what was there before.
    pub(crate) fn put(
        &mut self,
        fd: u32,
        stream: Option<Arc<dyn Stream>>,
    ) -> Option<Arc<dyn Stream>> {
        let index = fd as usize;
        if index >= self.streams.len() {
            stream.as_ref()?;
            self.streams.resize(index + 1, None);
        }
        std::mem::replace(&mut self.streams[index], stream)
    }
}

/// A descriptor that is closed: every use fails with `EBADF`.
pub(crate) struct Closed;

impl Stream for Closed {
    fn read(&self, _buffer: &mut [u8], _interrupt: &Interrupt) -> io::Result<usize> {
        Err(rustix::io::Errno::BADF.into())
    }

    fn write(&self, _bytes: &[u8], _interrupt: &Interrupt) -> io::Result<usize> {
        Err(rustix::io::Errno::BADF.into())
    }

    fn metadata(&self) -> io::Result<Metadata> {
        Err(rustix::io::Errno::BADF.into())
    }
}

/// What a here-document holds.
pub(crate) struct Text {
    bytes: Vec<u8>,
    at: Mutex<usize>,
}

impl Text {
    pub(crate) fn new(bytes: Vec<u8>) -> Arc<Self> {
        Arc::new(Self { bytes, at: Mutex::new(0) })
    }
}

impl Stream for Text {
    fn read(&self, buffer: &mut [u8], interrupt: &Interrupt) -> io::Result<usize> {
        interrupt.check()?;
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        let count = buffer.len().min(self.bytes.len() - *at);
        buffer[..count].copy_from_slice(&self.bytes[*at..*at + count]);
        *at += count;
        Ok(count)
    }

    fn write(&self, _bytes: &[u8], _interrupt: &Interrupt) -> io::Result<usize> {
        Err(rustix::io::Errno::BADF.into())
    }

    fn metadata(&self) -> io::Result<Metadata> {
        Ok(Metadata::of_kind(FileKind::Fifo, 0o600))
    }
}

/// Gathers what a command substitution writes.
pub(crate) struct Capture {
    shared: Arc<Captured>,
}

/// What was gathered, and whether all writers have gone.
#[derive(Default)]
pub(crate) struct Captured {
    state: Mutex<(Vec<u8>, bool)>,
    changed: std::sync::Condvar,
}

impl Capture {
    pub(crate) fn new() -> (Arc<Self>, Arc<Captured>) {
        let shared = Arc::new(Captured::default());
        (Arc::new(Self { shared: Arc::clone(&shared) }), shared)
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
        self.shared.changed.notify_all();
    }
}

impl Wake for Captured {
    fn wake(&self) {
        drop(self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }
}

impl Captured {
    /// Waits until nobody can write any more.
    pub(crate) fn finish(self: Arc<Self>, interrupt: &Interrupt) -> io::Result<Vec<u8>> {
        let place: Arc<dyn Wake> = self.clone();
        let _watch = interrupt.watch(place);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while !state.1 {
            interrupt.check()?;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(std::mem::take(&mut state.0))
    }
}

impl Stream for Capture {
    fn read(&self, _buffer: &mut [u8], _interrupt: &Interrupt) -> io::Result<usize> {
        Err(rustix::io::Errno::BADF.into())
    }

    fn write(&self, bytes: &[u8], interrupt: &Interrupt) -> io::Result<usize> {
        interrupt.check()?;
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn metadata(&self) -> io::Result<Metadata> {
        Ok(Metadata::of_kind(FileKind::Fifo, 0o600))
    }
}
