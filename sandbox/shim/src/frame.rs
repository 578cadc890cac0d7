//! Frames on a stream socket: how long a message is and how many descriptors belong to it.

/// The largest message in bytes.
///
/// The kernel takes at most 2 MiB of arguments and environment; JSON's escapes may double that.
pub const FRAME_SIZE_MAX_BYTES: usize = 4 * 1024 * 1024;

/// The most descriptors one message carries: the three standard streams.
pub const FRAME_FDS_MAX: usize = 3;

/// The bytes of a header: the length as a little-endian `u32`, the count of descriptors, three zeros.
pub(crate) const HEADER_SIZE_BYTES: usize = 8;

/// A frame's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    /// The message's length in bytes.
    pub(crate) size_bytes: usize,
    /// The descriptors that belong to it.
    pub(crate) fds: usize,
}

/// A header breaks a limit or carries bytes that no version writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("frame of {size_bytes} bytes and {fds} descriptors breaks the limits")]
pub struct BadFrame {
    /// The length it states.
    pub size_bytes: usize,
    /// The descriptors it states.
    pub fds: usize,
}

impl FrameHeader {
    /// Returns the bytes.
    pub(crate) fn encode(self) -> [u8; HEADER_SIZE_BYTES] {
        let [a, b, c, d] = (self.size_bytes as u32).to_le_bytes();
        [a, b, c, d, self.fds as u8, 0, 0, 0]
    }

    /// Reads the bytes.
    pub(crate) fn decode(bytes: [u8; HEADER_SIZE_BYTES]) -> Result<Self, BadFrame> {
        let [a, b, c, d, fds, x, y, z] = bytes;
        let header =
            Self { size_bytes: u32::from_le_bytes([a, b, c, d]) as usize, fds: usize::from(fds) };
        let within = header.size_bytes <= FRAME_SIZE_MAX_BYTES && header.fds <= FRAME_FDS_MAX;
        if within && [x, y, z] == [0; 3] {
            Ok(header)
        } else {
            Err(BadFrame { size_bytes: header.size_bytes, fds: header.fds })
        }
    }
}
