//! The framing of output without a terminal: eight bytes of header, then the payload.
//!
//! A header is the stream's number, three zeros, and the payload's length in big endian (moby's `pkg/stdcopy`).

mod decode;
mod encode;

pub use decode::{FramePiece, StdcopyDecoder, StdcopyError};
pub use encode::{FRAME_MAX_BYTES, FrameQueue};

/// Bytes of a frame's header.
pub const FRAME_HEADER_BYTES: usize = 8;

/// Content type of framed output.
pub const MULTIPLEXED_STREAM: &str = "application/vnd.docker.multiplexed-stream";

/// Content type of a terminal's output, which is not framed, and of any stream before API 1.42.
pub const RAW_STREAM: &str = "application/vnd.docker.raw-stream";

/// The stream a frame belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StdStream {
    /// Input; never sent by a server, but part of the protocol.
    Stdin,
    /// Output.
    Stdout,
    /// Errors of the program.
    Stderr,
    /// An error of the server within the stream.
    SystemError,
}

impl StdStream {
    fn number(self) -> u8 {
        match self {
            Self::Stdin => 0,
            Self::Stdout => 1,
            Self::Stderr => 2,
            Self::SystemError => 3,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Stdin),
            1 => Some(Self::Stdout),
            2 => Some(Self::Stderr),
            3 => Some(Self::SystemError),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
