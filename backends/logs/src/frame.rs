//! The frame: what one read of a container's pipe gave, with its stream, its time and its checksum.
//!
//! Layout, little-endian, version 1:
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 4 | crc32c of the frame's place (segment and offset), bytes 4 to 20 and the payload |
//! | 4 | 4 | length of the payload |
//! | 8 | 8 | time, nanoseconds since the Unix epoch |
//! | 16 | 1 | stream: 1 standard output, 2 standard error |
//! | 17 | 1 | flags |
//! | 18 | 1 | version |
//! | 19 | 1 | zero |
//! | 20 | n | payload |
//! | 20 + n | 4 | length of the payload once more, so that a log can be walked from its end |
//!
//! The place is in the checksum so that a program which prints a copy of a log cannot make a reader that starts in
//! the middle of a torn frame take the copy for frames.

use bytes::Bytes;
use journal_log::Timestamp;
use serde::{Deserialize, Serialize};

use crate::position::LogPosition;

/// Payload bytes of one frame at most; longer output becomes several frames.
///
/// Sixteen times the largest read of a pipe at its default size; it bounds what a reader must hold to check one
/// frame and how far a damaged length can mislead it.
pub const FRAME_BYTES_MAX: usize = 1024 * 1024;

/// Bytes before the payload.
pub(crate) const HEADER_BYTES: usize = 20;
/// Bytes after the payload.
pub(crate) const TRAILER_BYTES: usize = 4;
/// Bytes of a frame around its payload.
pub(crate) const OVERHEAD_BYTES: usize = HEADER_BYTES + TRAILER_BYTES;

/// The layout that this module writes.
const VERSION: u8 = 1;

/// The stream of a container that output came from; a terminal's output is all standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Stream {
    /// Standard output, or the terminal.
    Stdout = 1,
    /// Standard error.
    Stderr = 2,
}

/// One piece of output, as it was read from the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Where the frame begins.
    pub position: LogPosition,
    /// Where the next frame of this segment begins.
    pub end: LogPosition,
    /// The stream it was written to.
    pub stream: Stream,
    /// When it was read from the container.
    pub at: Timestamp,
    /// What was written, at most [`FRAME_BYTES_MAX`] bytes.
    pub bytes: Bytes,
    pub(crate) flags: Flags,
}

/// What a reader that begins at a frame needs to know of the frames before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Flags(u8);

impl Flags {
    /// The first frame of a writer: lines that were begun by an earlier run of the container end before it.
    pub(crate) const OPENED: Self = Self(1);
    /// Standard output is in the middle of a line before this frame.
    const STDOUT_MIDLINE: Self = Self(2);
    /// Standard error is in the middle of a line before this frame.
    const STDERR_MIDLINE: Self = Self(4);

    /// Tells whether this is the first frame of a writer.
    pub(crate) const fn opened(self) -> bool {
        self.0 & Self::OPENED.0 != 0
    }

    /// Tells whether `stream` is in the middle of a line before this frame.
    pub(crate) const fn midline(self, stream: Stream) -> bool {
        self.0 & Self::midline_flag(stream).0 != 0
    }

    /// Tells whether every line of the frames before ends before this frame.
    pub(crate) const fn between_lines(self) -> bool {
        self.opened() || !(self.midline(Stream::Stdout) || self.midline(Stream::Stderr))
    }

    /// Says whether `stream` is in the middle of a line.
    pub(crate) const fn set_midline(&mut self, stream: Stream, midline: bool) {
        let flag = Self::midline_flag(stream).0;
        if midline {
            self.0 |= flag;
        } else {
            self.0 &= !flag;
        }
    }

    /// Reads the flags of a header that was not checked.
    pub(crate) const fn of_header(header: &[u8]) -> Self {
        Self(header[17])
    }

    const fn midline_flag(stream: Stream) -> Self {
        match stream {
            Stream::Stdout => Self::STDOUT_MIDLINE,
            Stream::Stderr => Self::STDERR_MIDLINE,
        }
    }
}

/// The fields before a payload.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header {
    pub(crate) stream: Stream,
    pub(crate) flags: Flags,
    pub(crate) at: Timestamp,
    /// Bytes of the payload.
    pub(crate) len: usize,
}

/// What is at a place of a segment.
#[derive(Debug)]
pub(crate) enum Probe {
    /// A frame with this header, checked.
    Whole(Header),
    /// The beginning of a frame of so many bytes in all (header, payload, trailer), or of a header.
    Part { needed_bytes: usize },
    /// Not a frame, and how many bytes it claims; `None` when even that cannot be told.
    Damaged { claimed_bytes: Option<usize> },
}

impl Header {
    /// Writes the header of a frame at `position` with its checksum.
    pub(crate) fn encode(&self, position: LogPosition, payload: &[u8]) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[4..8].copy_from_slice(&length_bytes(self.len));
        bytes[8..16].copy_from_slice(&self.at.as_unix_nanos().to_le_bytes());
        bytes[16] = self.stream as u8;
        bytes[17] = self.flags.0;
        bytes[18] = VERSION;
        let crc = checksum(position, &bytes, payload);
        bytes[0..4].copy_from_slice(&crc.to_le_bytes());
        bytes
    }
}

/// Looks at what `bytes`, which lie at `position`, begin with.
pub(crate) fn probe(position: LogPosition, bytes: &[u8]) -> Probe {
    let Some(header) = bytes.first_chunk::<HEADER_BYTES>() else {
        return Probe::Part { needed_bytes: HEADER_BYTES };
    };
    let len = length(quad(header, 4));
    if len > FRAME_BYTES_MAX || header[18] != VERSION {
        return Probe::Damaged { claimed_bytes: None };
    }
    let size = len + OVERHEAD_BYTES;
    if bytes.len() < size {
        return Probe::Part { needed_bytes: size };
    }
    let payload = &bytes[HEADER_BYTES..HEADER_BYTES + len];
    let crc = u32::from_le_bytes(quad(header, 0));
    let trailer = quad(bytes, HEADER_BYTES + len);
    let stream = match header[16] {
        1 => Some(Stream::Stdout),
        2 => Some(Stream::Stderr),
        _ => None,
    };
    match stream {
        Some(stream) if length(trailer) == len && crc == checksum(position, header, payload) => {
            let low = u64::from(u32::from_le_bytes(quad(header, 8)));
            let high = u64::from(u32::from_le_bytes(quad(header, 12)));
            let at = Timestamp::from_unix_nanos(high << 32 | low);
            Probe::Whole(Header { stream, flags: Flags(header[17]), at, len })
        }
        Some(_) | None => Probe::Damaged { claimed_bytes: Some(size) },
    }
}

/// Tells whether a place that holds no frame was allocated but never written, as a loss of power leaves it.
pub(crate) fn is_unwritten(bytes: &[u8]) -> bool {
    bytes.iter().take(HEADER_BYTES).all(|&byte| byte == 0)
}

/// Writes a payload's length as header and trailer hold it.
pub(crate) fn length_bytes(len: usize) -> [u8; 4] {
    u32::try_from(len).expect("a payload is at most FRAME_BYTES_MAX").to_le_bytes()
}

/// Reads a payload's length from a header or a trailer.
pub(crate) const fn length(bytes: [u8; 4]) -> usize {
    u32::from_le_bytes(bytes) as usize
}

/// The four bytes from `at` on, which are there.
pub(crate) const fn quad(bytes: &[u8], at: usize) -> [u8; 4] {
    [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]
}

fn checksum(position: LogPosition, header: &[u8; HEADER_BYTES], payload: &[u8]) -> u32 {
    let mut lead = [0; 12 + HEADER_BYTES - 4];
    lead[..4].copy_from_slice(&position.segment.to_le_bytes());
    lead[4..12].copy_from_slice(&position.offset.to_le_bytes());
    lead[12..].copy_from_slice(&header[4..]);
    crc32c::crc32c_append(crc32c::crc32c(&lead), payload)
}
