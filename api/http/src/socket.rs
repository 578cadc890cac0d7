//! A connection's transport: the one place that knows which kinds there are.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream, tcp, unix};

use crate::tls::{TlsReader, TlsStream, TlsWriter};

/// An accepted connection.
#[derive(Debug)]
pub(crate) enum Socket {
    Unix(UnixStream),
    Tcp(TcpStream),
    Tls(TlsStream),
}

/// The half of a [`Socket`] that reads.
#[derive(Debug)]
pub(crate) enum SocketReader {
    Unix(unix::OwnedReadHalf),
    Tcp(tcp::OwnedReadHalf),
    Tls(TlsReader),
}

/// The half of a [`Socket`] that writes; dropping it tells the peer that no more comes.
#[derive(Debug)]
pub(crate) enum SocketWriter {
    Unix(unix::OwnedWriteHalf),
    Tcp(tcp::OwnedWriteHalf),
    Tls(TlsWriter),
}

/// What is known of the other end without reading or writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PeerPresence {
    /// It can send and receive.
    Open,
    /// It will send nothing more. A TCP peer in this state may be gone altogether.
    HalfClosed,
    /// It is gone.
    Gone,
}

// === impl Socket ===

impl Socket {
    /// Writes as much of `bytes` as fits at once; for last words to a peer that is not waited for.
    pub(crate) fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Unix(stream) => stream.try_write(bytes),
            Self::Tcp(stream) => stream.try_write(bytes),
            Self::Tls(stream) => stream.try_write(bytes),
        }
    }

    pub(crate) fn presence(&self) -> PeerPresence {
        match self {
            Self::Unix(stream) => presence(stream),
            Self::Tcp(stream) => presence(stream),
            Self::Tls(stream) => presence(stream.socket()),
        }
    }

    pub(crate) fn is_tcp(&self) -> bool {
        matches!(self, Self::Tcp(_) | Self::Tls(_))
    }

    pub(crate) fn into_split(self) -> (SocketReader, SocketWriter) {
        match self {
            Self::Unix(stream) => {
                let (reader, writer) = stream.into_split();
                (SocketReader::Unix(reader), SocketWriter::Unix(writer))
            }
            Self::Tcp(stream) => {
                let (reader, writer) = stream.into_split();
                (SocketReader::Tcp(reader), SocketWriter::Tcp(writer))
            }
            Self::Tls(stream) => {
                let (reader, writer) = stream.into_split();
                (SocketReader::Tls(reader), SocketWriter::Tls(writer))
            }
        }
    }
}

fn presence(fd: &impl std::os::fd::AsFd) -> PeerPresence {
    let mut fds = [PollFd::new(fd, PollFlags::RDHUP)];
    match poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) {
        Ok(_) => {}
        // Not a statement about the peer; the next check asks again.
        Err(_) => return PeerPresence::Open,
    }
    let seen = fds[0].revents();
    if seen.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
        PeerPresence::Gone
    } else if seen.contains(PollFlags::RDHUP) {
        PeerPresence::HalfClosed
    } else {
        PeerPresence::Open
    }
}

/// Forwards the reading of an enum to its variants' streams.
macro_rules! forward_read {
    ($name:ident) => {
        impl AsyncRead for $name {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    Self::Unix(stream) => Pin::new(stream).poll_read(cx, buf),
                    Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
                    Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
                }
            }
        }
    };
}

/// Forwards the writing of an enum to its variants' streams.
macro_rules! forward_write {
    ($name:ident) => {
        impl AsyncWrite for $name {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                match self.get_mut() {
                    Self::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
                    Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
                    Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
                }
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                parts: &[io::IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                match self.get_mut() {
                    Self::Unix(stream) => Pin::new(stream).poll_write_vectored(cx, parts),
                    Self::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, parts),
                    Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, parts),
                }
            }

            fn is_write_vectored(&self) -> bool {
                true
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    Self::Unix(stream) => Pin::new(stream).poll_flush(cx),
                    Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
                    Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
                }
            }

            fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
                    Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
                    Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
                }
            }
        }
    };
}

forward_read!(Socket);
forward_read!(SocketReader);
forward_write!(Socket);
forward_write!(SocketWriter);

// === impl SocketReader ===

impl SocketReader {
    pub(crate) fn presence(&self) -> PeerPresence {
        match self {
            Self::Unix(stream) => presence(AsRef::<UnixStream>::as_ref(stream)),
            Self::Tcp(stream) => presence(AsRef::<TcpStream>::as_ref(stream)),
            Self::Tls(stream) => stream.with_socket(presence),
        }
    }
}
