//! One end of a connection: whole messages with their descriptors in, and out.
//!
//! A channel owns a stream socket and never waits by itself: on a non-blocking socket its calls tell that they
//! would block, on a blocking one they wait. Both ends use it, the shim under `poll`, a server under its
//! own readiness loop.

use std::collections::VecDeque;
use std::io::{IoSlice, IoSliceMut};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::frame::{BadFrame, FRAME_FDS_MAX, FRAME_SIZE_MAX_BYTES, FrameHeader, HEADER_SIZE_BYTES};

/// Bytes asked of the socket at once; a message is seldom longer.
const READ_SIZE_BYTES: usize = 4096;

/// Descriptors taken at once and not yet claimed by a message; a peer that goes beyond is cut off.
const UNCLAIMED_FDS_MAX: usize = 4 * FRAME_FDS_MAX;

/// Bytes queued for a peer that does not read; one that lags further is cut off.
const OUTGOING_MAX_BYTES: usize = 2 * FRAME_SIZE_MAX_BYTES;

/// One end of a connection that receives `In` and sends `Out`.
#[derive(Debug)]
pub struct Channel<In, Out> {
    socket: OwnedFd,
    incoming: Vec<u8>,
    incoming_fds: VecDeque<OwnedFd>,
    outgoing: VecDeque<Outgoing>,
    outgoing_bytes: usize,
    messages: PhantomData<fn(In, Out)>,
}

/// A frame on its way out; its descriptors go with its first byte.
#[derive(Debug)]
struct Outgoing {
    bytes: Vec<u8>,
    sent_bytes: usize,
    fds: Vec<OwnedFd>,
}

/// A message could not be sent; the connection is of no further use.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The message breaks a limit or cannot be written as JSON.
    #[error("the message cannot be framed")]
    Frame(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The peer does not read.
    #[error("{queued_bytes} bytes wait for a peer that does not read")]
    Lagging {
        /// What waits.
        queued_bytes: usize,
    },
    /// The socket refused.
    #[error("sending failed")]
    Socket(#[source] Errno),
}

/// No further message can be received.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// The peer has closed its end.
    #[error("the peer has closed the connection")]
    Closed,
    /// There is nothing to read now.
    #[error("nothing to read yet")]
    WouldBlock,
    /// The frame breaks a limit.
    #[error(transparent)]
    Frame(#[from] BadFrame),
    /// The message is not what this end understands.
    #[error("the message cannot be read")]
    Message(#[source] serde_json::Error),
    /// Descriptors came that no message claims, or a message claims some that did not come.
    #[error("descriptors and messages do not agree")]
    Descriptors,
    /// The socket failed.
    #[error("receiving failed")]
    Socket(#[source] Errno),
}

// === impl Channel ===

impl<In: DeserializeOwned, Out: Serialize> Channel<In, Out> {
    /// Takes over a connected stream socket.
    pub fn new(socket: OwnedFd) -> Self {
        Self {
            socket,
            incoming: Vec::new(),
            incoming_fds: VecDeque::new(),
            outgoing: VecDeque::new(),
            outgoing_bytes: 0,
            messages: PhantomData,
        }
    }

    /// Queues a message with its descriptors and sends what the socket takes.
    ///
    /// What is left is sent by [`Self::flush`]; [`Self::wants_write`] tells whether there is any.
    pub fn send(&mut self, message: &Out, fds: Vec<OwnedFd>) -> Result<(), SendError> {
        let mut bytes = vec![0; HEADER_SIZE_BYTES];
        serde_json::to_writer(&mut bytes, message)
            .map_err(|error| SendError::Frame(Box::new(error)))?;
        let size_bytes = bytes.len() - HEADER_SIZE_BYTES;
        if size_bytes > FRAME_SIZE_MAX_BYTES || fds.len() > FRAME_FDS_MAX {
            return Err(SendError::Frame(Box::new(BadFrame { size_bytes, fds: fds.len() })));
        }
        let header = FrameHeader { size_bytes, fds: fds.len() }.encode();
        bytes[..HEADER_SIZE_BYTES].copy_from_slice(&header);
        self.outgoing_bytes += bytes.len();
        self.outgoing.push_back(Outgoing { bytes, sent_bytes: 0, fds });
        self.flush()?;
        if self.outgoing_bytes > OUTGOING_MAX_BYTES {
            return Err(SendError::Lagging { queued_bytes: self.outgoing_bytes });
        }
        Ok(())
    }

    /// Sends what is queued, as far as the socket takes it.
    pub fn flush(&mut self) -> Result<(), SendError> {
        while let Some(frame) = self.outgoing.front_mut() {
            match frame.send(self.socket.as_fd()) {
                Ok(count) => self.outgoing_bytes -= count,
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => return Ok(()),
                Err(errno) => return Err(SendError::Socket(errno)),
            }
            if frame.sent_bytes == frame.bytes.len() {
                self.outgoing.pop_front();
            }
        }
        Ok(())
    }

    /// Tells whether messages wait for the socket to take more.
    pub fn wants_write(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Returns the next message and its descriptors.
    pub fn receive(&mut self) -> Result<(In, Vec<OwnedFd>), ReceiveError> {
        loop {
            if let Some(message) = self.take_message()? {
                return Ok(message);
            }
            match self.fill() {
                Ok(0) => return Err(ReceiveError::Closed),
                Ok(_) | Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Err(ReceiveError::WouldBlock),
                Err(Errno::CONNRESET) => return Err(ReceiveError::Closed),
                Err(errno) => return Err(ReceiveError::Socket(errno)),
            }
            if self.incoming_fds.len() > UNCLAIMED_FDS_MAX {
                return Err(ReceiveError::Descriptors);
            }
        }
    }

    fn take_message(&mut self) -> Result<Option<(In, Vec<OwnedFd>)>, ReceiveError> {
        let Some((header, rest)) = self.incoming.split_first_chunk::<HEADER_SIZE_BYTES>() else {
            return Ok(None);
        };
        let header = FrameHeader::decode(*header)?;
        let Some(body) = rest.get(..header.size_bytes) else { return Ok(None) };
        if self.incoming_fds.len() < header.fds {
            return Err(ReceiveError::Descriptors);
        }
        let message = serde_json::from_slice(body).map_err(ReceiveError::Message)?;
        let fds = self.incoming_fds.drain(..header.fds).collect();
        self.incoming.drain(..HEADER_SIZE_BYTES + header.size_bytes);
        if self.incoming.is_empty() {
            // Descriptors travel with the first byte of their frame, so none may be left over here.
            if !self.incoming_fds.is_empty() {
                return Err(ReceiveError::Descriptors);
            }
            self.incoming.shrink_to(READ_SIZE_BYTES);
        }
        Ok(Some((message, fds)))
    }

    fn fill(&mut self) -> Result<usize, Errno> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(UNCLAIMED_FDS_MAX))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut bytes = [0; READ_SIZE_BYTES];
        let received = recvmsg(
            &self.socket,
            &mut [IoSliceMut::new(&mut bytes)],
            &mut control,
            RecvFlags::CMSG_CLOEXEC,
        )?;
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(fds) = message {
                self.incoming_fds.extend(fds);
            }
        }
        // Descriptors that did not fit are closed by the kernel; the stream no longer adds up.
        if received.flags.contains(ReturnFlags::CTRUNC) {
            return Err(Errno::TOOMANYREFS);
        }
        self.incoming.extend_from_slice(&bytes[..received.bytes]);
        Ok(received.bytes)
    }
}

impl<In, Out> AsFd for Channel<In, Out> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl<In, Out> AsRawFd for Channel<In, Out> {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

// === impl Outgoing ===

impl Outgoing {
    fn send(&mut self, socket: BorrowedFd<'_>) -> Result<usize, Errno> {
        let borrowed: Vec<BorrowedFd<'_>> = self.fds.iter().map(AsFd::as_fd).collect();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FRAME_FDS_MAX))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !borrowed.is_empty() {
            let fits = control.push(SendAncillaryMessage::ScmRights(&borrowed));
            debug_assert!(fits, "the space is sized for the limit that `send` keeps");
        }
        let rest = &self.bytes[self.sent_bytes..];
        let count = sendmsg(socket, &[IoSlice::new(rest)], &mut control, SendFlags::NOSIGNAL)?;
        self.sent_bytes += count;
        if count > 0 {
            self.fds.clear();
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
