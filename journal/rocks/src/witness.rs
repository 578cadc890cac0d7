//! Writing the ring while RocksDB syncs its log.
//!
//! One thread owns the file. The appending thread hands it a frame, writes RocksDB's log meanwhile, and then
//! waits for both. [`Placement`] decides where frames go, and which records have to be in RocksDB's sorted
//! files before a frame may overwrite them.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use journal_log::Seq;

use crate::ring::Span;
use crate::ring::frame::Frame;
use crate::ring::header::HEADERS_BYTES;
use crate::stopwatch::Stopwatch;

/// The writing end of the ring.
#[derive(Debug)]
pub(crate) struct Witness {
    jobs: SyncSender<Job>,
    results: Receiver<io::Result<Duration>>,
}

#[derive(Debug)]
struct Job {
    offset: u64,
    frame: Arc<Frame>,
}

impl Witness {
    /// Starts the thread. It ends when the witness is dropped.
    pub(crate) fn start(file: File) -> io::Result<Self> {
        // One frame is under way at a time, so neither queue ever holds more than one.
        let (jobs, inbox) = sync_channel::<Job>(1);
        let (outbox, results) = sync_channel(1);
        thread::Builder::new().name("journal-witness".to_owned()).spawn(move || {
            for job in inbox {
                let result = write(&file, &job);
                // The frame's memory is given back before the answer, so that it can be used again.
                drop(job);
                if outbox.send(result).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { jobs, results })
    }

    /// Begins to write a frame at `offset`. [`Witness::finish`] has to follow.
    pub(crate) fn begin(&self, offset: u64, frame: &Arc<Frame>) -> io::Result<()> {
        let job = Job { offset, frame: Arc::clone(frame) };
        self.jobs.send(job).map_err(|_| gone())
    }

    /// Waits until the frame is durable; returns how long that took.
    pub(crate) fn finish(&self) -> io::Result<Duration> {
        self.results.recv().map_err(|_| gone())?
    }
}

fn write(file: &File, job: &Job) -> io::Result<Duration> {
    let watch = Stopwatch::start();
    if journal_log::planted!("witness-misses-groups") && job.frame.last().get().is_multiple_of(7) {
        return Ok(watch.elapsed());
    }
    file.write_all_at(job.frame.bytes(), job.offset)?;
    if !journal_log::planted!("witness-unsynced") {
        file.sync_data()?;
    }
    Ok(watch.elapsed())
}

fn gone() -> io::Error {
    io::Error::other("the witness's thread has ended")
}

/// Where the next frame goes.
#[derive(Debug)]
pub(crate) struct Placement {
    area_bytes: u64,
    /// Where the next frame goes, unless it does not fit before the end.
    next: u64,
    /// Frames that are not overwritten yet, oldest first: where they are, their bytes, their last record.
    live: VecDeque<(u64, u64, Seq)>,
}

/// A place for a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Where it begins in the file.
    pub(crate) offset: u64,
    /// The last record that it overwrites.
    pub(crate) overwrites: Seq,
}

impl Placement {
    /// Goes on after the newest of `spans`.
    pub(crate) fn new(area_bytes: u64, spans: &[Span]) -> Self {
        let live: VecDeque<_> = spans
            .iter()
            .map(|span| (span.offset, span.head.span_bytes(), span.head.last))
            .collect();
        let next = live.back().map_or(HEADERS_BYTES, |(offset, bytes, _)| offset + bytes);
        Self { area_bytes, next, live }
    }

    /// Returns the bytes of the largest frame that is taken.
    ///
    /// At half of the area the newest frame and the one before are always there together.
    pub(crate) const fn frame_bytes_max(&self) -> u64 {
        self.area_bytes / 2
    }

    /// Gives a place to a frame of `bytes` that ends with record `last`.
    pub(crate) fn place(&mut self, bytes: u64, last: Seq) -> Place {
        let mut overwrites = Seq::GENESIS;
        let mut offset = self.next;
        if offset + bytes > HEADERS_BYTES + self.area_bytes {
            offset = HEADERS_BYTES;
            // What stands between here and the end is older than all at the beginning.
            while let Some((_, _, old)) = self.live.pop_front_if(|(at, _, _)| *at >= self.next) {
                overwrites = old;
            }
        }
        // Frames stand in the order of their age, so the oldest is always the next to go.
        while let Some((_, _, old)) =
            self.live.pop_front_if(|(at, _, _)| (offset..offset + bytes).contains(at))
        {
            overwrites = old;
        }
        self.live.push_back((offset, bytes, last));
        self.next = offset + bytes;
        Place { offset, overwrites }
    }
}

#[cfg(test)]
mod tests;
