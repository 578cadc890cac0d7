//! The lines of a container's output, as `docker logs` shows them.
//!
//! The entries are those of Docker's json-file driver: a line of one stream, ended by a line feed, by
//! [`LINE_BYTES_MAX`], or by the end of the container's run. They come in the order in which they were ended.
//! Unlike there, the time of an entry is the time at which its line was begun, so that a prompt keeps the time at
//! which it was shown.

use bytes::Bytes;
use journal_log::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    frame::{Frame, Stream},
    position::LogPosition,
    reader::{LogReader, ReadError},
};

mod assemble;
mod begin;

use assemble::{Assembly, Piece};
use begin::{Begin, TAIL_WINDOW_BYTES};

/// Bytes of an entry at most, its line feed apart; the rest of a longer line follows in further entries.
///
/// The size of the buffer in which dockerd collects a line.
pub const LINE_BYTES_MAX: usize = 16 * 1024;

/// Which lines of a log are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineOptions {
    /// Lines of standard output.
    pub stdout: bool,
    /// Lines of standard error.
    pub stderr: bool,
    /// No lines that were begun before this time.
    pub since: Option<Timestamp>,
    /// No output from after this time.
    pub until: Option<Timestamp>,
    /// Only so many of the lines that the log ends with when it is opened, of both streams; among these the other
    /// options choose, as with dockerd.
    pub tail: Option<u64>,
    /// Whether each line begins with its time and a space.
    pub timestamps: bool,
    /// The log is read as if it ended before the first output from after this time.
    pub as_of: Option<Timestamp>,
}

/// Reads a log line by line.
#[derive(Debug)]
pub struct LineReader {
    frames: LogReader,
    options: LineOptions,
    assembly: Assembly,
    /// Entries still to be left out, because of [`LineOptions::tail`].
    skip: u64,
    /// A frame from after [`LineOptions::until`] or [`LineOptions::as_of`] was met.
    ended: bool,
    /// What each line begins with, behind its time.
    prefix: Bytes,
    /// Where to read on after a pause.
    resting: LinePosition,
    /// The place that was asked for, until the first frame is read: its segment may be gone.
    resumed_at: Option<LogPosition>,
}

/// Where lines are read on after a pause, also by another process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinePosition {
    /// A place that no line reaches across.
    pub frame: LogPosition,
    /// Entries that end behind it and have been given already.
    pub given: u64,
}

/// One entry of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The stream that it was written to.
    pub stream: Stream,
    /// When the line was begun.
    pub at: Timestamp,
    /// What was written, with the line feed when there was one, and behind its time when that was asked for.
    pub bytes: Bytes,
}

impl Default for LineOptions {
    /// All lines of both streams, as they were written.
    fn default() -> Self {
        Self {
            stdout: true,
            stderr: true,
            since: None,
            until: None,
            tail: None,
            timestamps: false,
            as_of: None,
        }
    }
}

// === impl LineReader ===

impl LineReader {
    /// Goes to the first of the lines that `options` choose.
    ///
    /// Memory is bounded whatever `tail` is: the place is found by counting from the end.
    pub fn open(mut frames: LogReader, options: LineOptions) -> Result<Self, ReadError> {
        let begin = begin::find(&mut frames, &options, TAIL_WINDOW_BYTES)?;
        Ok(Self::beginning(frames, options, begin))
    }

    /// Reads all lines from where another reader of the same log has stopped.
    ///
    /// Where that is not there any more, the lines begin with the oldest that are.
    pub fn resume(mut frames: LogReader, at: LinePosition) -> Self {
        frames.seek(at.frame);
        let begin = Begin { assembly: Assembly::default(), skip: at.given };
        let reader = Self::beginning(frames, LineOptions::default(), begin);
        Self { resumed_at: Some(at.frame), ..reader }
    }

    /// Gives the place from which [`Self::resume`] goes on with the next line.
    pub fn resting(&self) -> LinePosition {
        if self.assembly.is_between_lines() {
            return LinePosition { frame: self.frames.position(), given: 0 };
        }
        self.resting
    }

    /// Has each line begin with these bytes, behind its time where that is asked for.
    #[must_use]
    pub fn with_prefix(self, prefix: impl Into<Bytes>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    /// Gives the next line, or `None` when no further line is whole now.
    pub fn next_line(&mut self) -> Result<Option<Line>, ReadError> {
        loop {
            if let Some(piece) = self.assembly.next_piece() {
                if let Some(line) = self.choose(piece) {
                    return Ok(Some(line));
                }
                continue;
            }
            if self.ended {
                return Ok(None);
            }
            let Some(frame) = self.frames.next_frame()? else { return Ok(None) };
            self.note(&frame);
            if self.is_after(&frame) {
                self.ended = true;
            } else {
                self.assembly.feed(frame);
            }
        }
    }

    /// Gives the lines that were begun and not ended, the one begun first first; `None` when there are no more.
    ///
    /// It is for when nothing more will be written, or nothing more will be read.
    pub fn next_unended(&mut self) -> Option<Line> {
        while let Some(piece) = self.assembly.next_unended() {
            if let Some(line) = self.choose(piece) {
                return Some(line);
            }
        }
        None
    }

    /// Tells whether output was met that comes after all that is read: no line will follow.
    pub const fn is_ended(&self) -> bool {
        self.ended
    }

    /// Gives the place up to which the log was read.
    pub const fn position(&self) -> LogPosition {
        self.frames.position()
    }

    fn beginning(frames: LogReader, options: LineOptions, begin: Begin) -> Self {
        let resting = LinePosition { frame: frames.position(), given: 0 };
        Self {
            frames,
            options,
            assembly: begin.assembly,
            skip: begin.skip,
            ended: false,
            prefix: Bytes::new(),
            resting,
            resumed_at: None,
        }
    }

    /// Notes where the lines begin that a frame is part of.
    fn note(&mut self, frame: &Frame) {
        if self.resumed_at.take().is_some_and(|asked| asked != frame.position) {
            // What was given already began at a frame that is gone.
            self.skip = 0;
        }
        if self.assembly.is_between_lines() {
            self.resting = LinePosition { frame: frame.position, given: 0 };
        }
    }

    fn is_after(&self, frame: &Frame) -> bool {
        let ends = [self.options.until, self.options.as_of];
        ends.into_iter().flatten().any(|end| frame.at > end)
    }

    fn choose(&mut self, piece: Piece) -> Option<Line> {
        self.resting.given += 1;
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        let wanted = match piece.stream {
            Stream::Stdout => self.options.stdout,
            Stream::Stderr => self.options.stderr,
        };
        if !wanted || self.options.since.is_some_and(|since| piece.at < since) {
            return None;
        }
        let bytes = match (self.options.timestamps, self.prefix.is_empty()) {
            (false, true) => piece.bytes,
            (true, _) => {
                [format!("{} ", piece.at).as_bytes(), &self.prefix, &piece.bytes].concat().into()
            }
            (false, false) => [&self.prefix[..], &piece.bytes].concat().into(),
        };
        Some(Line { stream: piece.stream, at: piece.at, bytes })
    }
}

#[cfg(test)]
mod tests;
