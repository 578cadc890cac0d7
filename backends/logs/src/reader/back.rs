//! Walks a log from its end, by the lengths behind the frames.

use std::{fs::File, io, os::unix::fs::FileExt};

use super::{LogReader, ReadError};
use crate::{
    frame::{
        FRAME_BYTES_MAX, Flags, HEADER_BYTES, OVERHEAD_BYTES, Probe, TRAILER_BYTES, length, probe,
        quad,
    },
    position::LogPosition,
    segment::SegmentDir,
};

/// Bytes read at once: many small frames, and little waste before a large one.
const WINDOW_BYTES: u64 = 16 * 1024;

impl LogReader {
    /// Goes behind the last whole frame. The time it takes does not depend on the length of the log, unless the
    /// writer was interrupted in the middle of a frame.
    pub fn at_end(&mut self) -> Result<(), ReadError> {
        let numbers = self.dir.numbers().map_err(|source| self.io(source))?;
        let Some(&segment) = numbers.last() else {
            self.at_start();
            return Ok(());
        };
        self.seek(LogPosition { segment, offset: 0 });
        if let Some(end) = checked_end(&self.dir, segment).map_err(|source| self.io(source))? {
            self.seek(end);
            return Ok(());
        }
        while self.next_frame()?.is_some() {}
        Ok(())
    }
}

/// Gives the place behind the last frame of `segment` when its file ends with a whole one.
fn checked_end(dir: &SegmentDir, segment: u32) -> io::Result<Option<LogPosition>> {
    let Some(file) = dir.read(segment)? else { return Ok(None) };
    let end = LogPosition { segment, offset: file.metadata()?.len() };
    let Some(start) = Window::new(file).frame_before(end.offset)? else {
        return Ok((end.offset == 0).then_some(end));
    };
    let mut frame = vec![0; (end.offset - start.offset) as usize];
    let Some(file) = dir.read(segment)? else { return Ok(None) };
    file.read_exact_at(&mut frame, start.offset)?;
    let position = LogPosition { segment, offset: start.offset };
    Ok(matches!(probe(position, &frame), Probe::Whole(_)).then_some(end))
}

/// A walk over the frames of a log from the last to the first.
#[derive(Debug)]
pub(crate) struct BackWalk<'d> {
    dir: &'d SegmentDir,
    segments: Vec<u32>,
    window: Option<Window>,
    /// Where the frame that was given last begins.
    at: LogPosition,
}

/// Where a frame begins, and what it tells of the frames before it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FrameStart {
    pub(crate) position: LogPosition,
    pub(crate) flags: Flags,
}

impl<'d> BackWalk<'d> {
    /// Begins at `end`, which lies behind a whole frame.
    pub(crate) fn new(dir: &'d SegmentDir, end: LogPosition) -> io::Result<Self> {
        let mut segments = dir.numbers()?;
        segments.retain(|&number| number < end.segment);
        let window = dir.read(end.segment)?.map(Window::new);
        Ok(Self { dir, segments, window, at: end })
    }

    /// Gives the frame before the last one that was given; `None` at the beginning of the log, and where the
    /// walk cannot go on because a segment does not end with a whole frame.
    pub(crate) fn step(&mut self) -> io::Result<Option<FrameStart>> {
        loop {
            if self.at.offset > 0 {
                let Some(window) = &mut self.window else { return Ok(None) };
                let Some(found) = window.frame_before(self.at.offset)? else { return Ok(None) };
                self.at.offset = found.offset;
                return Ok(Some(FrameStart { position: self.at, flags: found.flags }));
            }
            let Some(segment) = self.segments.pop() else { return Ok(None) };
            let Some(file) = self.dir.read(segment)? else { return Ok(None) };
            self.at = LogPosition { segment, offset: file.metadata()?.len() };
            self.window = Some(Window::new(file));
        }
    }
}

/// A piece of a segment in memory.
#[derive(Debug)]
struct Window {
    file: File,
    bytes: Vec<u8>,
    /// Where `bytes` begin in the file.
    base: u64,
}

/// A frame that was found by the length behind it.
struct Found {
    offset: u64,
    flags: Flags,
}

impl Window {
    const fn new(file: File) -> Self {
        Self { file, bytes: Vec::new(), base: 0 }
    }

    /// Finds the frame that ends at `end`, without a look at its payload; `None` when there is none.
    fn frame_before(&mut self, end: u64) -> io::Result<Option<Found>> {
        if end < OVERHEAD_BYTES as u64 {
            return Ok(None);
        }
        let trailer_at = end - TRAILER_BYTES as u64;
        let len = length(quad(self.bytes_at(trailer_at, TRAILER_BYTES)?, 0));
        let size_bytes = (len + OVERHEAD_BYTES) as u64;
        if len > FRAME_BYTES_MAX || size_bytes > end {
            return Ok(None);
        }
        let offset = end - size_bytes;
        let header = self.bytes_at(offset, HEADER_BYTES)?;
        if length(quad(header, 4)) != len {
            return Ok(None);
        }
        Ok(Some(Found { offset, flags: Flags::of_header(header) }))
    }

    /// Gives `len` bytes from `at` on, which the file has.
    fn bytes_at(&mut self, at: u64, len: usize) -> io::Result<&[u8]> {
        let end = at + len as u64;
        if at < self.base || end > self.base + self.bytes.len() as u64 {
            self.base = end.saturating_sub(WINDOW_BYTES);
            self.bytes.resize((end - self.base) as usize, 0);
            self.file.read_exact_at(&mut self.bytes, self.base)?;
        }
        let from = (at - self.base) as usize;
        Ok(&self.bytes[from..from + len])
    }
}
