//! Makes entries of frames: pure, and with at most one entry of each stream in memory.

use bytes::{Buf, Bytes};
use journal_log::Timestamp;

use super::LINE_BYTES_MAX;
use crate::frame::{Flags, Frame, Stream};

/// An entry before it is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) stream: Stream,
    pub(super) at: Timestamp,
    pub(super) bytes: Bytes,
}

/// The lines that are being put together.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    stdout: Open,
    stderr: Open,
    frame: Option<Rest>,
}

/// The part of a frame that was not used yet.
#[derive(Debug)]
struct Rest {
    stream: Stream,
    at: Timestamp,
    bytes: Bytes,
    /// The frame is the first of a run: what an earlier run began ends before it.
    ends_earlier: bool,
}

/// What one stream is in the middle of.
#[derive(Debug, Default)]
struct Open {
    /// The bytes since the last entry.
    bytes: Vec<u8>,
    /// When the line was begun; `None` between lines.
    begun: Option<Timestamp>,
    /// The line was begun before the first frame that was read, and is left out.
    headless: bool,
}

impl Assembly {
    /// Begins in the middle of a log, at a frame with `flags`: a line that was begun before is left out.
    pub(super) fn in_the_middle(flags: Flags) -> Self {
        let open =
            |stream| Open { headless: !flags.opened() && flags.midline(stream), ..Open::default() };
        Self { stdout: open(Stream::Stdout), stderr: open(Stream::Stderr), frame: None }
    }

    /// Tells whether nothing is begun, and nothing of a frame is left.
    pub(super) const fn is_between_lines(&self) -> bool {
        self.frame.is_none() && self.stdout.is_between_lines() && self.stderr.is_between_lines()
    }

    /// Takes the next frame, after [`Assembly::next_piece`] has given all entries of the one before.
    pub(super) fn feed(&mut self, frame: Frame) {
        self.frame = Some(Rest {
            stream: frame.stream,
            at: frame.at,
            bytes: frame.bytes,
            ends_earlier: frame.flags.opened(),
        });
    }

    /// Gives the next entry that has been ended.
    pub(super) fn next_piece(&mut self) -> Option<Piece> {
        let mut rest = self.frame.take()?;
        if rest.ends_earlier {
            if let Some(piece) = self.next_unended() {
                self.frame = Some(rest);
                return Some(piece);
            }
            rest.ends_earlier = false;
        }
        let open = match rest.stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        if open.headless {
            open.drop_head(&mut rest.bytes);
        }
        let piece = open.take(&mut rest);
        if !rest.bytes.is_empty() {
            self.frame = Some(rest);
        }
        piece
    }

    /// Gives the entries that have not been ended, the one begun first first, and then forgets what was begun.
    pub(super) fn next_unended(&mut self) -> Option<Piece> {
        let (stream, at) = self.oldest_pending().or_else(|| {
            self.stdout = Open::default();
            self.stderr = Open::default();
            None
        })?;
        let open = match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        };
        let bytes = std::mem::take(&mut open.bytes).into();
        Some(Piece { stream, at, bytes })
    }

    /// Gives how many entries [`Assembly::next_unended`] would give.
    pub(super) fn count_unended(&self) -> u64 {
        u64::from(self.stdout.pending().is_some()) + u64::from(self.stderr.pending().is_some())
    }

    /// Leaves out the lines that are open, but for the `kept` begun last.
    pub(super) fn leave_out_open_but(&mut self, kept: u64) {
        while self.count_unended() > kept {
            let oldest = match self.oldest_pending() {
                Some((Stream::Stdout, _)) => &mut self.stdout,
                Some((Stream::Stderr, _)) | None => &mut self.stderr,
            };
            *oldest = Open { headless: true, ..Open::default() };
        }
    }

    fn oldest_pending(&self) -> Option<(Stream, Timestamp)> {
        let stdout = self.stdout.pending().map(|at| (Stream::Stdout, at));
        let stderr = self.stderr.pending().map(|at| (Stream::Stderr, at));
        match (stdout, stderr) {
            (Some(stdout), Some(stderr)) if stderr.1 < stdout.1 => Some(stderr),
            (Some(stdout), _) => Some(stdout),
            (None, stderr) => stderr,
        }
    }
}

impl Open {
    /// When the bytes that are held were begun; `None` when none are held.
    fn pending(&self) -> Option<Timestamp> {
        if self.bytes.is_empty() { None } else { self.begun }
    }

    const fn is_between_lines(&self) -> bool {
        self.begun.is_none() && self.bytes.is_empty() && !self.headless
    }

    /// Drops what belongs to the line that is left out.
    fn drop_head(&mut self, bytes: &mut Bytes) {
        let dropped = memchr::memchr(b'\n', bytes).map(|at| at + 1);
        self.headless = dropped.is_none();
        bytes.advance(dropped.unwrap_or(bytes.len()));
    }

    /// Uses `rest` up to the end of an entry, or all of it.
    fn take(&mut self, rest: &mut Rest) -> Option<Piece> {
        if rest.bytes.is_empty() {
            return None;
        }
        let at = *self.begun.get_or_insert(rest.at);
        let room = LINE_BYTES_MAX - self.bytes.len();
        let searched = &rest.bytes[..room.min(rest.bytes.len())];
        let used = match memchr::memchr(b'\n', searched) {
            Some(at) => {
                self.begun = None;
                at + 1
            }
            None if searched.len() == room => room,
            None => {
                self.bytes.extend_from_slice(&rest.bytes);
                rest.bytes.clear();
                return None;
            }
        };
        let part = rest.bytes.split_to(used);
        let bytes = if self.bytes.is_empty() {
            part
        } else {
            let mut whole = std::mem::take(&mut self.bytes);
            whole.extend_from_slice(&part);
            whole.into()
        };
        Some(Piece { stream: rest.stream, at, bytes })
    }
}
