//! Frames on their way out, ready for vectored writes.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes};

use super::{FRAME_HEADER_BYTES, StdStream};

/// Bytes of payload in one frame.
///
/// Clients hold a whole frame in memory; 64 KiB is what a pipe holds, so a full read still fits into one frame.
pub const FRAME_MAX_BYTES: usize = 64 * 1024;

/// Frames that wait to be written, as a [`Buf`] over headers and payloads without copying them.
///
/// It has no limit of its own: the writer drains it (`write_all_buf`) before it takes more output.
#[derive(Debug, Default)]
pub struct FrameQueue {
    parts: VecDeque<Part>,
    remaining_bytes: usize,
}

#[derive(Debug)]
enum Part {
    Header { bytes: [u8; FRAME_HEADER_BYTES], sent: usize },
    Payload(Bytes),
}

impl FrameQueue {
    /// Makes an empty queue.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `payload` as frames of at most [`FRAME_MAX_BYTES`]; an empty one adds nothing.
    pub fn push(&mut self, stream: StdStream, mut payload: Bytes) {
        while !payload.is_empty() {
            let piece = payload.split_to(payload.len().min(FRAME_MAX_BYTES));
            let length = u32::try_from(piece.len()).expect("a piece is at most 64 KiB");
            let mut bytes = [stream.number(), 0, 0, 0, 0, 0, 0, 0];
            bytes[4..].copy_from_slice(&length.to_be_bytes());
            self.remaining_bytes += FRAME_HEADER_BYTES + piece.len();
            self.parts.push_back(Part::Header { bytes, sent: 0 });
            self.parts.push_back(Part::Payload(piece));
        }
    }

    /// Tells whether everything has been taken.
    pub fn is_empty(&self) -> bool {
        self.remaining_bytes == 0
    }
}

impl Buf for FrameQueue {
    fn remaining(&self) -> usize {
        self.remaining_bytes
    }

    fn chunk(&self) -> &[u8] {
        self.parts.front().map_or(&[], Part::rest)
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let filled = slices.len().min(self.parts.len());
        for (slice, part) in slices.iter_mut().zip(&self.parts) {
            *slice = IoSlice::new(part.rest());
        }
        filled
    }

    fn advance(&mut self, mut count: usize) {
        assert!(count <= self.remaining_bytes, "cannot advance past the end of the queue");
        self.remaining_bytes -= count;
        while count > 0 {
            let Some(part) = self.parts.front_mut() else { return };
            let step = count.min(part.rest().len());
            match part {
                Part::Header { sent, .. } => *sent += step,
                Part::Payload(payload) => payload.advance(step),
            }
            if part.rest().is_empty() {
                self.parts.pop_front();
            }
            count -= step;
        }
    }
}

impl Part {
    fn rest(&self) -> &[u8] {
        match self {
            Self::Header { bytes, sent } => &bytes[*sent..],
            Self::Payload(payload) => payload,
        }
    }
}
