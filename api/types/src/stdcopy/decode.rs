//! Frames on their way in, without ever holding one.

use bytes::{Buf, Bytes};

use super::{FRAME_HEADER_BYTES, StdStream};

/// Splits a framed stream into pieces of payload.
///
/// Payload is handed on as it comes, so a header that announces gigabytes costs nothing.
#[derive(Debug, Default)]
pub struct StdcopyDecoder {
    header: [u8; FRAME_HEADER_BYTES],
    header_bytes: usize,
    current: Option<(StdStream, usize)>,
}

/// A piece of one frame's payload; a frame may come in several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FramePiece {
    /// The frame's stream.
    pub stream: StdStream,
    /// Some of its payload, never empty.
    pub payload: Bytes,
}

/// Why a stream is not framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StdcopyError {
    /// A header names no known stream, as when a terminal's output is taken for frames.
    #[error("unrecognized input header: {0}")]
    UnknownStream(u8),
    /// The input ended within a frame.
    #[error("the stream ended within a frame, {missing_bytes} bytes are missing")]
    Truncated {
        /// Bytes of header or payload that did not come.
        missing_bytes: usize,
    },
}

impl StdcopyDecoder {
    /// Makes a decoder at the start of a frame.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece from `input`; `None` when more input is needed, which is then empty.
    ///
    /// After an error the stream has no meaning and the decoder must be dropped.
    pub fn decode(&mut self, input: &mut Bytes) -> Result<Option<FramePiece>, StdcopyError> {
        loop {
            if let Some((stream, left)) = self.current {
                if left == 0 {
                    self.current = None;
                    continue;
                }
                if input.is_empty() {
                    return Ok(None);
                }
                let payload = input.split_to(input.len().min(left));
                self.current = Some((stream, left - payload.len()));
                return Ok(Some(FramePiece { stream, payload }));
            }
            let wanted = (FRAME_HEADER_BYTES - self.header_bytes).min(input.len());
            input.copy_to_slice(&mut self.header[self.header_bytes..][..wanted]);
            self.header_bytes += wanted;
            if self.header_bytes < FRAME_HEADER_BYTES {
                return Ok(None);
            }
            self.header_bytes = 0;
            let [number, _, _, _, a, b, c, d] = self.header;
            let stream =
                StdStream::from_number(number).ok_or(StdcopyError::UnknownStream(number))?;
            self.current = Some((stream, u32::from_be_bytes([a, b, c, d]) as usize));
        }
    }

    /// Checks that the input may end here.
    pub fn finish(&self) -> Result<(), StdcopyError> {
        let missing_bytes = match (self.current, self.header_bytes) {
            (Some((_, left)), _) => left,
            (None, 0) => 0,
            (None, got) => FRAME_HEADER_BYTES - got,
        };
        if missing_bytes == 0 { Ok(()) } else { Err(StdcopyError::Truncated { missing_bytes }) }
    }
}
