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
    frame::{Frame, HEADER_BYTES, OVERHEAD_BYTES, Probe, is_unwritten, probe},
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
        dir.hold();
        let position = LogPosition::START;
        Ok(Self { dir, file: None, position, buffer: BytesMut::new() })
    }

    /// Goes before the first frame that is still there.
    pub fn at_start(&mut self) {
        self.seek(LogPosition::START);
    }

    /// Goes to `position`, which an earlier frame or reader gave. When its segment has been deleted since, the
    /// reader goes on with the oldest one that is left.
    pub fn seek(&mut self, position: LogPosition) {
        self.dir.hold();
        self.file = None;
        self.buffer.clear();
        self.position = position;
    }

    /// Goes to the segment after the present one, past what is damaged; false when there is none.
    pub fn skip_segment(&mut self) -> Result<bool, ReadError> {
        match self.next_segment().map_err(|source| self.io(source))? {
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
            if !self.ensure_open().map_err(|source| self.io(source))? {
                return Ok(None);
            }
            let found = self.fill().map_err(|source| self.io(source))?;
            if matches!(found, Found::Frame) {
                continue;
            }
            // The next segment is looked for before the present one is read for the last time, for the writer
            // begins it after it has written everything of the present one.
            let next = self.next_segment().map_err(|source| self.io(source))?;
            self.buffer.clear();
            match (self.fill().map_err(|source| self.io(source))?, next) {
                (Found::Frame, _) => {}
                (Found::End, Some((number, file))) => self.enter(number, file),
                (Found::End | Found::Part, None) => return Ok(None),
                (Found::Part, Some(_)) | (Found::Damage, _) => {
                    return Err(ReadError::Damaged { position: self.position });
                }
            }
        }
    }

    /// Keeps all segments that are there from being deleted, until what it gives is dropped.
    pub(crate) fn hold(&self) -> io::Result<SegmentDir> {
        self.dir.held_again()
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

    /// Reads until the buffer begins with a whole frame or the segment is at its end.
    fn fill(&mut self) -> io::Result<Found> {
        let Some(file) = &self.file else { return Ok(Found::End) };
        loop {
            let needed_bytes = match probe(self.position, &self.buffer) {
                Probe::Whole(_) => return Ok(Found::Frame),
                Probe::Part { needed_bytes } => needed_bytes,
                Probe::Damaged { claimed_bytes } => {
                    let end = file.metadata()?.len();
                    let torn = match claimed_bytes {
                        Some(size_bytes) => self.position.offset + size_bytes as u64 >= end,
                        None => is_unwritten(&self.buffer),
                    };
                    return Ok(if torn { Found::Part } else { Found::Damage });
                }
            };
            if !read_more(file, &mut self.buffer, self.position.offset, needed_bytes)? {
                return Ok(if self.buffer.is_empty() { Found::End } else { Found::Part });
            }
        }
    }

    /// Opens the segment of the position, or the oldest one behind it; false while there is none.
    fn ensure_open(&mut self) -> io::Result<bool> {
        if self.file.is_some() {
            return Ok(true);
        }
        let Some((number, file)) = find(&self.dir, self.position.segment)? else {
            return Ok(false);
        };
        if number == self.position.segment {
            self.file = Some(file);
            self.dir.let_go();
        } else {
            self.enter(number, file);
        }
        Ok(true)
    }

    fn next_segment(&self) -> io::Result<Option<(u32, File)>> {
        let next = self.position.segment.saturating_add(1);
        if let Some(file) = self.dir.read_held(next)? {
            return Ok(Some((next, file)));
        }
        // A gap is there only when this segment was deleted for its age, and the next one too.
        let deleted = match &self.file {
            Some(file) => rustix::fs::fstat(file.as_fd())?.st_nlink == 0,
            None => true,
        };
        if deleted { find(&self.dir, next) } else { Ok(None) }
    }

    fn enter(&mut self, segment: u32, file: File) {
        self.file = Some(file);
        self.dir.let_go();
        self.position = LogPosition { segment, offset: 0 };
        self.buffer.clear();
    }

    fn io(&self, source: io::Error) -> ReadError {
        ReadError::Io { position: self.position, source }
    }
}

/// What lies at the position of a reader.
#[derive(Debug, Clone, Copy)]
enum Found {
    /// A whole frame.
    Frame,
    /// The end of the segment's file.
    End,
    /// A frame that is not whole yet, with nothing behind it.
    Part,
    /// Neither.
    Damage,
}

/// Opens segment `from`, or the oldest one behind it.
fn find(dir: &SegmentDir, from: u32) -> io::Result<Option<(u32, File)>> {
    if let Some(file) = dir.read_held(from)? {
        return Ok(Some((from, file)));
    }
    loop {
        let mut numbers = dir.numbers()?;
        numbers.retain(|&number| number > from);
        for &number in &numbers {
            if let Some(file) = dir.read_held(number)? {
                return Ok(Some((number, file)));
            }
        }
        // All that were there are deleted by now only where the writer has begun others.
        if numbers.is_empty() {
            return Ok(None);
        }
    }
}

/// Reads behind what `buffer` holds of `file` from `offset` on; false when the file has nothing more.
fn read_more(
    file: &File,
    buffer: &mut BytesMut,
    offset: u64,
    needed_bytes: usize,
) -> io::Result<bool> {
    let held = buffer.len();
    let at = offset + held as u64;
    let available = file.metadata()?.len().saturating_sub(at);
    let wanted = needed_bytes.max(READ_BYTES) - held;
    let wanted = usize::try_from(available).map_or(wanted, |available| available.min(wanted));
    // Only what will be read is cleared first, so that following a quiet log costs nothing.
    buffer.resize(held + wanted, 0);
    let read = file.read_at(&mut buffer[held..], at);
    buffer.truncate(held + read.as_ref().copied().unwrap_or(0));
    Ok(read? > 0)
}

#[cfg(test)]
mod tests;
