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

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriterOptions {
    /// Bytes after which a segment is ended. A frame is never divided, so one frame may exceed it.
    pub segment_bytes: u64,
    /// Segments kept; older ones are deleted as new ones begin. `None` keeps all.
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
        for payload in bytes.chunks(FRAME_BYTES_MAX) {
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

    /// Makes all that was appended durable.
    pub fn finish(&mut self) -> Result<(), FinishError> {
        self.sync().map_err(|source| FinishError { position: self.end, source })
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
        if let Some(kept) = self.options.segments_max {
            for old in self.dir.numbers()? {
                if old + kept.get() <= number {
                    self.dir.delete(old)?;
                }
            }
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
