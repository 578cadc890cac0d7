//! Pipes and terminals as asynchronous streams.

use std::{
    io::{self, ErrorKind},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker, ready},
};

use rustix::{fs::OFlags, io::Errno};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, unix::AsyncFd};

use crate::registry::locked;

/// The most that one read of a descriptor asks for: what a pipe holds.
const READ_BYTES_MAX: usize = 64 * 1024;

/// Reads a pipe or a terminal.
#[derive(Debug)]
pub(crate) struct Reader {
    fd: AsyncFd<OwnedFd>,
}

/// Writes a pipe or a terminal, until it is closed from elsewhere.
#[derive(Debug)]
pub(crate) struct Writer {
    shared: Arc<Shared>,
}

/// A descriptor that is being written and may be closed from elsewhere.
#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    fd: Option<Arc<AsyncFd<OwnedFd>>>,
    /// Who waits for room, and has to be told when the descriptor is closed instead.
    waiting: Option<Waker>,
}

// === impl Reader ===

impl Reader {
    pub(crate) fn new(fd: OwnedFd) -> io::Result<Self> {
        set_nonblocking(fd.as_fd())?;
        Ok(Self { fd: watched(fd, Interest::READABLE)? })
    }
}

impl AsyncRead for Reader {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let mut guard = ready!(self.fd.poll_read_ready(cx))?;
            let wanted = buffer.remaining().min(READ_BYTES_MAX);
            let space = buffer.initialize_unfilled_to(wanted);
            match guard.try_io(|fd| Ok(rustix::io::read(fd.get_ref(), space)?)) {
                Ok(Ok(count)) => {
                    buffer.advance(count);
                    return Poll::Ready(Ok(()));
                }
                // A terminal whose programs have all gone says so by this error.
                Ok(Err(error)) if error.raw_os_error() == Some(Errno::IO.raw_os_error()) => {
                    return Poll::Ready(Ok(()));
                }
                Ok(Err(error)) if error.kind() == ErrorKind::Interrupted => {}
                Ok(Err(error)) => return Poll::Ready(Err(error)),
                Err(_would_block) => {}
            }
        }
    }
}

// === impl Writer ===

impl Writer {
    pub(crate) fn new(fd: OwnedFd) -> io::Result<Self> {
        set_nonblocking(fd.as_fd())?;
        let fd = Some(Arc::new(watched(fd, Interest::WRITABLE)?));
        let state = Mutex::new(State { fd, waiting: None });
        Ok(Self { shared: Arc::new(Shared { state }) })
    }

    /// The handle by which it is closed from elsewhere.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

impl AsyncWrite for Writer {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let fd = {
            let mut state = locked(&self.shared.state);
            state.waiting = Some(cx.waker().clone());
            state.fd.clone()
        };
        let Some(fd) = fd else { return Poll::Ready(Err(ErrorKind::BrokenPipe.into())) };
        loop {
            let mut guard = ready!(fd.poll_write_ready(cx))?;
            match guard.try_io(|fd| Ok(rustix::io::write(fd.get_ref(), bytes)?)) {
                Ok(Err(error)) if error.kind() == ErrorKind::Interrupted => {}
                Ok(result) => return Poll::Ready(result),
                Err(_would_block) => {}
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared.close();
        Poll::Ready(Ok(()))
    }
}

// === impl Shared ===

impl Shared {
    /// Closes the descriptor; whoever writes next gets a broken pipe.
    pub(crate) fn close(&self) {
        let mut state = locked(&self.state);
        state.fd = None;
        if let Some(waiting) = state.waiting.take() {
            waiting.wake();
        }
    }
}

/// Has the runtime watch a descriptor.
#[expect(unsafe_code, reason = "the runtime's way to register a descriptor asks for a promise")]
pub(crate) fn watched(fd: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an owned descriptor stays open and the same for as long as its owner lives.
    Ok(unsafe { AsyncFd::register_with_interest(fd, interest) }?)
}

pub(crate) fn set_nonblocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    let flags = rustix::fs::fcntl_getfl(fd)?;
    Ok(rustix::fs::fcntl_setfl(fd, flags | OFlags::NONBLOCK)?)
}

#[cfg(test)]
mod tests;
