//! A reader of a container's output, frame by frame.
//!
//! A reader holds the log's directory and the segment it is in by descriptors, so neither a rename of the directory
//! nor the deletion of the segment disturbs it. It may read while the writer writes: a frame that is not whole yet
//! does not exist for it. Bytes that were read but did not make a whole frame are forgotten and read again, for the
//! writer may cut a torn frame and write another in its place.

use std::{
    fs::File,
    io,
    os::{fd::AsFd, unix::fs::FileExt},
    path::{Path, PathBuf},
};

use bytes::BytesMut;

use crate::{
    frame::{Frame, HEADER_BYTES, OVERHEAD_BYTES, Probe, probe},
    position::LogPosition,
    segment::SegmentDir,
};

pub(crate) mod back;

/// Bytes asked of the kernel at once: the cost of a call disappears, and the buffer stays in the processor's cache.
const READ_BYTES: usize = 256 * 1024;

/// Reads a container's output in the order in which it was written, whichever stream it went to.
///
/// The bytes of frames are slices of the reader's buffer: nothing is allocated or copied for a frame, and a buffer
/// is used again once all its frames have been dropped.
#[derive(Debug)]
pub struct LogReader {
    dir: SegmentDir,
    /// The segment of `position`; `None` until it is needed, and while the log is empty.
    file: Option<File>,
    position: LogPosition,
    /// Bytes of the segment from `position` on.
    buffer: BytesMut,
}

/// Tells why a log could not be opened for reading.
#[derive(Debug, thiserror::Error)]
#[error("opening the log {} failed", path.display())]
pub struct OpenReaderError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

impl OpenReaderError {
    /// Tells whether there is no such directory.
    pub fn is_missing(&self) -> bool {
        self.source.kind() == io::ErrorKind::NotFound
    }
}

/// Tells why the next output could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file could not be read.
    #[error("reading the log at {position} failed")]
    Io {
        /// Where it was read.
        position: LogPosition,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// What is there was never written by a writer: it was changed since.
    #[error("the log is damaged at {position}")]
    Damaged {
        /// Where the first damaged frame begins.
        position: LogPosition,
    },
}

// === impl LogReader ===

impl LogReader {
    /// Opens the log in the directory `dir`, before its first frame. A log that has no output yet is no error.
    pub fn open(dir: &Path) -> Result<Self, OpenReaderError> {
        let dir = SegmentDir::open(dir)
            .map_err(|source| OpenReaderError { path: dir.to_owned(), source })?;
        let position = LogPosition::START;
        Ok(Self { dir, file: None, position, buffer: BytesMut::new() })
    }

    /// Goes before the first frame that is still there.
    pub fn at_start(&mut self) {
        self.seek(LogPosition::START);
    }

    /// Goes behind the last whole frame. The time it takes does not depend on the length of the log, unless the
    /// writer was interrupted.
    pub fn at_end(&mut self) -> Result<(), ReadError> {
        let end = back::end(&self.dir)?;
        self.seek(end);
        Ok(())
    }

    /// Goes to `position`, which an earlier frame or reader gave. When its segment has been deleted since, the
    /// reader goes on with the oldest one that is left.
    pub fn seek(&mut self, position: LogPosition) {
        self.file = None;
        self.buffer.clear();
        self.position = position;
    }

    /// Goes to the segment after the present one, past what is damaged; false when there is none.
    pub fn skip_segment(&mut self) -> Result<bool, ReadError> {
        let next = self.find_segment(self.position.segment.saturating_add(1));
        match next.map_err(|source| self.io(source))? {
            Some((number, file)) => {
                self.enter(number, file);
                Ok(true)
            }
            None => Ok(false),
        }
    }

    /// Gives the place of the next frame.
    pub const fn position(&self) -> LogPosition {
        self.position
    }

    /// Gives the next frame, or `None` when there is no further whole frame now.
    ///
    /// After an error the reader is where it was.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, ReadError> {
        loop {
            if let Some(frame) = self.take_buffered() {
                return Ok(Some(frame));
            }
            match self.fill().map_err(|source| self.io(source))? {
                Fill::Frame => {}
                Fill::Nothing { clean } => match self.leave_segment(clean)? {
                    Left::Entered => {}
                    Left::More => {}
                    Left::CaughtUp => return Ok(None),
                },
                Fill::Damaged => return Err(ReadError::Damaged { position: self.position }),
            }
        }
    }

    pub(crate) const fn dir(&self) -> &SegmentDir {
        &self.dir
    }

    fn take_buffered(&mut self) -> Option<Frame> {
        let Probe::Whole(header) = probe(self.position, &self.buffer) else { return None };
        let size = header.len + OVERHEAD_BYTES;
        let frame = self.buffer.split_to(size).freeze();
        let position = self.position;
        self.position.offset += size as u64;
        Some(Frame {
            position,
            end: self.position,
            stream: header.stream,
            at: header.at,
            bytes: frame.slice(HEADER_BYTES..HEADER_BYTES + header.len),
            flags: header.flags,
        })
    }

    fn io(&self, source: io::Error) -> ReadError {
        ReadError::Io { position: self.position, source }
    }
}

#[cfg(test)]
mod tests;
