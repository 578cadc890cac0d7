//! The writing end: a permit before a call is answered, an entry after it.

use std::{
    fmt, io,
    path::PathBuf,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
        mpsc::{SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use journal_log::Timestamp;

use crate::{
    entry::Access,
    segments::{Kept, SEGMENT_BYTES_MAX, Segments},
    writer::Writer,
};

/// Entries that wait for the thread that writes: some seconds' worth at the default rate.
const QUEUE_MAX: usize = 4096;

/// Entries a second when nothing else is said. One costs some microseconds to put together, so all of them cost less
/// than a hundredth of a core.
const PER_SECOND: u32 = 1000;

/// Bytes that are kept when nothing else is said: half a million calls.
const BYTES_MAX: u64 = 64 << 20;

/// How long entries are kept when nothing else is said.
const AGE_MAX: Duration = Duration::from_secs(30 * 24 * 3600);

/// How much of a call that changes nothing is put down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReadPolicy {
    /// Nothing.
    None,
    /// Who, when, which path, with what outcome.
    #[default]
    Metadata,
    /// The query too, without what is secret in it.
    Request,
}

/// How the side log is kept.
#[derive(Debug, Clone)]
pub struct ReadsOptions {
    /// The directory of the segments; it is made with the first entry.
    pub dir: PathBuf,
    /// What is put down.
    pub policy: ReadPolicy,
    /// Entries a second; calls beyond are counted.
    pub per_second: u32,
    /// Bytes of segments.
    pub bytes_max: u64,
    /// Age of a segment.
    pub age_max: Duration,
}

/// What became of calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Entries written.
    pub written: u64,
    /// Calls left out.
    pub left_out: u64,
}

/// Puts calls into the side log. A clone is the same log.
///
/// - It blocks for nothing: what cannot be put down at once is counted.
/// - An error of the disk leaves calls out and nothing else; it is told of in the server's own log.
#[derive(Clone)]
pub struct AccessLog {
    policy: ReadPolicy,
    shared: Arc<Shared>,
    queue: Option<SyncSender<Access>>,
}

/// What callers and the writer share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// What is left of the rate in this tick; below zero, how many calls were left out in it.
    pub(crate) budget: AtomicI64,
    /// Calls that found the queue full.
    pub(crate) overflow: AtomicU64,
    pub(crate) written: AtomicU64,
    pub(crate) left_out: AtomicU64,
}

// === impl ReadsOptions ===

impl ReadsOptions {
    /// Gives the defaults for a directory.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            policy: ReadPolicy::default(),
            per_second: PER_SECOND,
            bytes_max: BYTES_MAX,
            age_max: AGE_MAX,
        }
    }
}

// === impl AccessLog ===

impl AccessLog {
    /// Starts the thread that writes; `now` tells the time of what is left out.
    pub fn start(
        options: ReadsOptions,
        now: impl Fn() -> Timestamp + Send + 'static,
    ) -> io::Result<Self> {
        let policy = options.policy;
        if policy == ReadPolicy::None {
            return Ok(Self::off());
        }
        let shared = Arc::new(Shared::default());
        let (sender, queue) = sync_channel(QUEUE_MAX);
        let (bytes, age) = (options.bytes_max, options.age_max);
        let kept = Kept { segment_bytes: SEGMENT_BYTES_MAX, bytes, age };
        let segments = Segments::new(options.dir, kept);
        let writer = Writer::new(Arc::clone(&shared), segments, options.per_second, now);
        thread::Builder::new().name("reads".into()).spawn(move || writer.run(&queue))?;
        Ok(Self { policy, shared, queue: Some(sender) })
    }

    /// Makes a log that nothing is put into.
    pub fn off() -> Self {
        Self { policy: ReadPolicy::None, shared: Arc::default(), queue: None }
    }

    /// Gives what is put down.
    pub const fn policy(&self) -> ReadPolicy {
        self.policy
    }

    /// Tells whether a call may be put down. One that may not is counted, by one atomic operation.
    pub fn permit(&self) -> bool {
        self.policy != ReadPolicy::None && self.shared.budget.fetch_sub(1, Ordering::Relaxed) > 0
    }

    /// Puts a call down that had a permit.
    pub fn put(&self, access: Access) {
        if let Some(queue) = &self.queue
            && queue.try_send(access).is_err()
        {
            self.shared.overflow.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Gives the numbers since the start.
    pub fn numbers(&self) -> Numbers {
        Numbers {
            written: self.shared.written.load(Ordering::Relaxed),
            left_out: self.shared.left_out.load(Ordering::Relaxed),
        }
    }
}

impl fmt::Debug for AccessLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessLog").field("policy", &self.policy).finish_non_exhaustive()
    }
}

// === impl ReadPolicy ===

impl FromStr for ReadPolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            "metadata" => Ok(Self::Metadata),
            "request" => Ok(Self::Request),
            _ => Err(format!("{text:?} is no policy: none, metadata or request")),
        }
    }
}

#[cfg(test)]
mod tests;
