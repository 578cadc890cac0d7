//! The writer of a container's output, linked into the process that holds the container.
//!
//! There is one writer a log. It writes each frame with one system call and keeps no bytes back, so what was
//! appended survives the end of the process; it survives the end of the machine only after
//! [`LogWriter::finish`], for a sync a frame would make every program that prints as slow as the disk.

use std::{
    fs::File,
    io::{self, IoSlice, Seek, SeekFrom, Write},
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use journal_log::Timestamp;

use crate::{
    frame::{FRAME_BYTES_MAX, Flags, Header, OVERHEAD_BYTES, Stream, length_bytes},
    position::LogPosition,
    segment::SegmentDir,
};

mod recover;

/// Bytes of a segment before the next one is begun, unless [`WriterOptions`] say otherwise.
///
/// Small enough that retention and a scan of a torn segment are cheap, large enough that 10 GB of output are fewer
/// than 200 files.
pub const SEGMENT_BYTES: u64 = 64 * 1024 * 1024;

/// Bytes beyond what is kept that are not deleted because somebody still reads them.
///
/// What a client gets of a program that writes faster than it reads must not have holes; but a client that has stopped
/// reading must not fill the disk. It is four of the usual segments, minutes of output for most programs.
const UNREAD_BYTES_MAX: u64 = 4 * SEGMENT_BYTES;

/// Bytes of output in a frame that is as long as the smallest segment: with less, most of a log would be headers.
const PAYLOAD_BYTES_MIN: usize = 512;

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriterOptions {
    /// Bytes after which a segment is ended. A frame is never divided, so one frame may exceed it.
    pub segment_bytes: u64,
    /// Segments kept; older ones are deleted as new ones begin, unless somebody still reads them. `None` keeps all.
    pub segments_max: Option<NonZeroU32>,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self { segment_bytes: SEGMENT_BYTES, segments_max: None }
    }
}

/// Appends a container's output to its log.
///
/// After an error of [`LogWriter::append`] the log ends with a whole frame, and appending may be tried again.
#[derive(Debug)]
pub struct LogWriter {
    dir: SegmentDir,
    file: File,
    /// Where the next frame goes.
    end: LogPosition,
    /// Bytes of a frame that failed lie after `end` and have not been cut yet.
    torn: bool,
    flags: Flags,
    /// The oldest segment that holds bytes of this writer that were not synced.
    unsynced: u32,
    options: WriterOptions,
}

/// Tells why a log could not be opened for writing.
#[derive(Debug, thiserror::Error)]
#[error("opening the log {} for writing failed", path.display())]
pub struct OpenWriterError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// Tells why output could not be appended.
#[derive(Debug, thiserror::Error)]
#[error("writing {size_bytes} bytes of output at {position} failed")]
pub struct AppendError {
    position: LogPosition,
    size_bytes: usize,
    #[source]
    source: io::Error,
}

/// Tells why a log could not be made durable.
#[derive(Debug, thiserror::Error)]
#[error("syncing the log up to {position} failed")]
pub struct FinishError {
    position: LogPosition,
    #[source]
    source: io::Error,
}

// === impl LogWriter ===

impl LogWriter {
    /// Opens the log in the directory `dir`, which must exist; a log that is there is continued.
    ///
    /// A frame that was not written whole is cut away. A damaged frame with others behind it is left for readers to
    /// report, and a new segment is begun.
    pub fn open(dir: &Path, options: WriterOptions) -> Result<Self, OpenWriterError> {
        recover::open(dir, options)
            .map_err(|source| OpenWriterError { path: dir.to_owned(), source })
    }

    /// Appends what was read from `stream` at `at`, and gives the place after it.
    ///
    /// One system call writes a frame; nothing is synced. More than [`FRAME_BYTES_MAX`] bytes become several frames,
    /// no bytes become none.
    pub fn append(
        &mut self,
        stream: Stream,
        at: Timestamp,
        bytes: &[u8],
    ) -> Result<LogPosition, AppendError> {
        for payload in bytes.chunks(self.payload_bytes_max()) {
            self.append_frame(stream, at, payload).map_err(|source| AppendError {
                position: self.end,
                size_bytes: payload.len(),
                source,
            })?;
        }
        Ok(self.end)
    }

    /// Gives the place after the last frame.
    pub const fn end(&self) -> LogPosition {
        self.end
    }

    /// Makes all that was appended durable, and deletes what was kept only for somebody who read it.
    pub fn finish(&mut self) -> Result<(), FinishError> {
        self.retain()
            .and_then(|()| self.sync())
            .map_err(|source| FinishError { position: self.end, source })
    }

    /// A frame is no longer than a segment, so that what is kept is what was asked for.
    fn payload_bytes_max(&self) -> usize {
        let room = self.options.segment_bytes.saturating_sub(OVERHEAD_BYTES as u64);
        usize::try_from(room).unwrap_or(FRAME_BYTES_MAX).clamp(PAYLOAD_BYTES_MIN, FRAME_BYTES_MAX)
    }

    fn append_frame(&mut self, stream: Stream, at: Timestamp, payload: &[u8]) -> io::Result<()> {
        if self.torn {
            self.cut()?;
        }
        let size_bytes = (payload.len() + OVERHEAD_BYTES) as u64;
        if self.end.offset > 0 && self.end.offset + size_bytes > self.options.segment_bytes {
            self.begin_segment()?;
        }
        let header = Header { stream, flags: self.flags, at, len: payload.len() };
        let header = header.encode(self.end, payload);
        let trailer = length_bytes(payload.len());
        let mut parts = [IoSlice::new(&header), IoSlice::new(payload), IoSlice::new(&trailer)];
        if let Err(error) = write_all_vectored(&mut self.file, &mut parts) {
            self.torn = true;
            // What readers see must end with a whole frame at once if that is possible, else before the next one.
            drop(self.cut());
            return Err(error);
        }
        self.end.offset += size_bytes;
        if self.flags.opened() {
            self.flags = Flags::default();
        }
        self.flags.set_midline(stream, payload.last() != Some(&b'\n'));
        Ok(())
    }

    fn cut(&mut self) -> io::Result<()> {
        self.file.set_len(self.end.offset)?;
        self.file.seek(SeekFrom::Start(self.end.offset))?;
        self.torn = false;
        Ok(())
    }

    fn begin_segment(&mut self) -> io::Result<()> {
        let number = self.end.segment + 1;
        self.file = self.dir.create(number)?;
        self.end = LogPosition { segment: number, offset: 0 };
        self.retain()
    }

    /// Deletes the oldest segments beyond those that are kept, up to the first that somebody reads.
    ///
    /// A client that is attached reads here what the program writes, and may be slower. It is waited for as long as what
    /// is kept for it stays within [`UNREAD_BYTES_MAX`].
    fn retain(&self) -> io::Result<()> {
        let Some(kept) = self.options.segments_max else { return Ok(()) };
        let mut old = self.dir.numbers()?;
        old.retain(|old| old.saturating_add(kept.get()) <= self.end.segment);
        let is_held = !old.is_empty() && self.dir.is_held();
        let mut unread_bytes = 0;
        for &number in &old {
            unread_bytes += self.dir.size_bytes(number)?;
        }
        for number in old {
            let is_read = is_held || self.dir.is_read(number)?;
            if is_read && unread_bytes <= UNREAD_BYTES_MAX {
                break;
            }
            unread_bytes = unread_bytes.saturating_sub(self.dir.size_bytes(number)?);
            self.dir.delete(number)?;
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        for number in self.unsynced..self.end.segment {
            // Most of these were written back long ago. Retention may have deleted some.
            if let Some(file) = self.dir.read(number)? {
                file.sync_all()?;
            }
        }
        self.file.sync_all()?;
        self.dir.sync()?;
        self.unsynced = self.end.segment;
        Ok(())
    }
}

/// Writes all of `parts`, with one system call unless the kernel takes less than it was given.
fn write_all_vectored(file: &mut File, mut parts: &mut [IoSlice<'_>]) -> io::Result<()> {
    while !parts.is_empty() {
        match file.write_vectored(parts) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut parts, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
