//! The thread that writes: it gathers entries, gives out the rate, and tells what was left out.

use std::{
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError, TryRecvError},
    },
    thread,
    time::Duration,
};

use journal_log::Timestamp;

use crate::{
    entry::{Access, Entry, LeftOut, frame},
    log::Shared,
    segments::Segments,
    stopwatch::Stopwatch,
};

/// How often the rate is given out, and the longest that an entry waits for its batch.
const TICK: Duration = Duration::from_millis(100);

/// How long a tick is while nothing of the rate is taken: an entry ends it.
///
/// Not for ever, for a call may take of the rate and be given up by its client before there is an entry of it.
const QUIET: Duration = Duration::from_secs(10);

/// Ticks of a second.
const TICKS: u32 = 10;

/// Ticks over which calls that were left out are told of by one entry.
const MARK_TICKS: u32 = 10;

/// Entries of one frame. With the longest paths and queries they are well below what a frame holds.
const BATCH_MAX: usize = 128;

/// The thread's own.
pub(crate) struct Writer<N> {
    shared: Arc<Shared>,
    segments: Segments,
    /// What is given out at a tick.
    quota: i64,
    now: N,
    batch: Vec<Entry>,
    /// What was left out and is not told of yet, and for how many ticks.
    left_out: Option<(LeftOut, u32)>,
    ticked_at: Timestamp,
    failing: bool,
}

// === impl Writer ===

impl<N: Fn() -> Timestamp> Writer<N> {
    pub(crate) fn new(shared: Arc<Shared>, segments: Segments, per_second: u32, now: N) -> Self {
        let quota = i64::from(per_second.div_ceil(TICKS).max(1));
        shared.budget.store(quota, Ordering::Relaxed);
        let ticked_at = now();
        let (batch, left_out) = (Vec::with_capacity(BATCH_MAX), None);
        Self { shared, segments, quota, now, batch, left_out, ticked_at, failing: false }
    }

    /// Works until nobody can put anything any more.
    pub(crate) fn run(mut self, queue: &Receiver<Access>) {
        let mut since = Stopwatch::start();
        let mut quiet = false;
        loop {
            if quiet {
                match queue.recv_timeout(QUIET) {
                    Ok(access) => self.batch.push(Entry::Access(access)),
                    Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
                }
                since = Stopwatch::start();
            }
            // Not woken by each entry: that would cost more than the entry does.
            thread::park_timeout(TICK.saturating_sub(since.elapsed()));
            let is_open = self.drain(queue);
            if !is_open || since.elapsed() >= TICK {
                quiet = self.tick(!is_open);
                since = Stopwatch::start();
            }
            if !is_open {
                return;
            }
        }
    }

    /// Takes what is in the queue, and tells whether there may be more some time.
    fn drain(&mut self, queue: &Receiver<Access>) -> bool {
        loop {
            match queue.try_recv() {
                Ok(access) => self.batch.push(Entry::Access(access)),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
            if self.batch.len() >= BATCH_MAX {
                self.write();
            }
        }
    }

    /// Gives out the rate of the next tick, and writes what has gathered. Tells whether nothing happens any more.
    fn tick(&mut self, last: bool) -> bool {
        let now = (self.now)();
        let budget = self.shared.budget.swap(self.quota, Ordering::Relaxed);
        let over = u64::try_from(budget.saturating_neg()).unwrap_or(0);
        let count = over + self.shared.overflow.swap(0, Ordering::Relaxed);
        self.leave_out(count, now);
        let told = self
            .left_out
            .take_if(|(_, ticks)| last || count == 0 || *ticks >= MARK_TICKS)
            .map(|(left_out, _)| Entry::LeftOut(left_out));
        self.batch.extend(told);
        let quiet = budget == self.quota && self.batch.is_empty() && self.left_out.is_none();
        self.write();
        self.ticked_at = now;
        quiet
    }

    fn leave_out(&mut self, count: u64, now: Timestamp) {
        if count == 0 {
            return;
        }
        self.shared.left_out.fetch_add(count, Ordering::Relaxed);
        let fresh = (LeftOut { from: self.ticked_at, to: now, count: 0 }, 0);
        let (left_out, ticks) = self.left_out.get_or_insert(fresh);
        left_out.to = now;
        left_out.count += count;
        *ticks += 1;
    }

    fn write(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let count = self.batch.len() as u64;
        let accesses =
            self.batch.iter().filter(|entry| matches!(entry, Entry::Access(_))).count() as u64;
        let frame = frame(&self.batch);
        self.batch.clear();
        let now = (self.now)();
        let written = match frame {
            Ok(frame) => self.segments.write(&frame, now).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match written {
            Ok(()) => {
                self.shared.written.fetch_add(count, Ordering::Relaxed);
                self.failing = false;
            }
            Err(error) => {
                self.leave_out(accesses, now);
                // Once for each time that it begins: a full disk would fill the server's log.
                if !self.failing {
                    tracing::error!(error, "calls that change nothing cannot be put down");
                }
                self.failing = true;
            }
        }
    }
}
