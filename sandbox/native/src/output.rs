//! The container's output: from its pipes or terminal into the log, in large pieces.
//!
//! The container never waits for a reader of the log. If the log cannot be written, because the disk is full, output is
//! counted and dropped, as the alternative is a container that stands still.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use backends_logs::{LogWriter, Stream};
use journal_log::Timestamp;
use rustix::io::{Errno, read};

use crate::records::now_nanos;

/// Bytes read at once: large enough that system calls cost little, small enough for the processor's cache.
const READ_MAX_BYTES: usize = 256 * 1024;

/// Reads of one source before the others get their turn.
const READS_A_TURN: u32 = 16;

/// Bytes of the buffer that may stay in use while nothing is read.
const IDLE_BYTES: usize = 16 * 1024;

/// Where output comes from and where it goes.
#[derive(Debug)]
pub(crate) struct Output {
    sources: Vec<Source>,
    log: LogWriter,
    buffer: Vec<u8>,
    /// The most bytes the buffer has held since it was new.
    used_bytes: usize,
    lost_bytes: u64,
}

#[derive(Debug)]
struct Source {
    file: OwnedFd,
    stream: Stream,
}

impl Output {
    /// Takes the sources, which must not block.
    pub(crate) fn new(log: LogWriter, sources: Vec<(OwnedFd, Stream)>) -> Self {
        let sources = sources.into_iter().map(|(file, stream)| Source { file, stream }).collect();
        Self { sources, log, buffer: Vec::new(), used_bytes: 0, lost_bytes: 0 }
    }

    /// Returns the open sources, each with the index [`Self::pump`] knows it by.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (usize, BorrowedFd<'_>)> {
        self.sources.iter().map(|source| source.file.as_fd()).enumerate()
    }

    /// Moves what a source has into the log; returns whether there was anything. A source that has ended is closed.
    pub(crate) fn pump(&mut self, index: usize) -> bool {
        let (moved, ended) = self.turn(index);
        if ended {
            self.sources.swap_remove(index);
        }
        moved
    }

    /// Moves everything that is left into the log, and closes the sources.
    ///
    /// To be called when every process that could write has ended; what somebody outside still holds open is not waited for.
    pub(crate) fn drain(&mut self) {
        while !self.sources.is_empty() {
            while let (true, false) = self.turn(0) {}
            self.sources.swap_remove(0);
        }
    }

    /// Makes the log durable.
    pub(crate) fn sync(&mut self) {
        // What cannot be synced is as durable as it can be made.
        drop(self.log.finish());
    }

    /// Returns how much could not be written.
    pub(crate) fn lost_bytes(&self) -> u64 {
        self.lost_bytes
    }

    /// Tells whether the buffer holds memory worth giving back.
    pub(crate) fn holds_memory(&self) -> bool {
        self.used_bytes > IDLE_BYTES
    }

    /// Gives the buffer's memory back.
    pub(crate) fn release_memory(&mut self) {
        self.buffer = Vec::new();
        self.used_bytes = 0;
    }

    fn turn(&mut self, index: usize) -> (bool, bool) {
        if self.buffer.is_empty() {
            // Zeroed memory of this size comes untouched from the kernel; pages count only once they are used.
            self.buffer = vec![0; READ_MAX_BYTES];
        }
        let Source { file, stream } = &self.sources[index];
        let mut moved = false;
        for _ in 0..READS_A_TURN {
            let count = match read(file, &mut self.buffer[..]) {
                Ok(0) => return (moved, true),
                Ok(count) => count,
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => return (moved, false),
                // A terminal says this when its last program has closed it.
                Err(_) => return (moved, true),
            };
            moved = true;
            self.used_bytes = self.used_bytes.max(count);
            let at = Timestamp::from_unix_nanos(now_nanos());
            if self.log.append(*stream, at, &self.buffer[..count]).is_err() {
                self.lost_bytes += count as u64;
            }
        }
        (moved, false)
    }
}
