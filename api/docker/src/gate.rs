//! What the server takes at present: everything, or less while its disk is full or its log is only looked at.
//!
//! Whoever watches the disk moves the gate; every command of a client passes it before it is submitted. A look at it
//! costs a lock that nobody holds for long, and no call of the system.

mod need;

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use journal_domain::Command;
use tokio::sync::{Notify, watch};

use self::need::{Need, need};
use crate::error::ApiError;

/// The gate that commands of clients pass. Cheap to clone; all clones are the same gate.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    admitted: watch::Sender<Admitted>,
    refused: AtomicU64,
    suspected: Notify,
}

/// How far the gate is open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Everything is taken.
    #[default]
    Open,
    /// Nothing is taken that brings new bytes: no container, no exec, no transfer of an image, no copy.
    NoGrowth,
    /// Only what frees room or ends what runs is taken.
    FreesOnly,
    /// Nothing is taken: the log is only looked at.
    ReadOnly,
}

#[derive(Debug, Clone, Default)]
struct Admitted {
    level: Level,
    reason: Arc<str>,
}

// === impl Gate ===

impl Gate {
    /// Makes a gate that is open.
    pub fn open() -> Self {
        let admitted = watch::Sender::new(Admitted::default());
        let (refused, suspected) = (AtomicU64::new(0), Notify::new());
        Self(Arc::new(Inner { admitted, refused, suspected }))
    }

    /// Moves the gate; `reason` is what those are told who are refused.
    pub fn set(&self, level: Level, reason: &str) {
        self.0.admitted.send_replace(Admitted { level, reason: reason.into() });
    }

    /// Tells how far it is open.
    pub fn level(&self) -> Level {
        self.0.admitted.borrow().level
    }

    /// Tells why it is not open; nothing where it is.
    pub fn reason(&self) -> Option<Arc<str>> {
        let admitted = self.0.admitted.borrow();
        (admitted.level > Level::Open).then(|| Arc::clone(&admitted.reason))
    }

    /// Tells how many commands it has refused.
    pub fn refused(&self) -> u64 {
        self.0.refused.load(Ordering::Relaxed)
    }

    /// Waits until something has failed that may have failed for want of room.
    pub async fn asked(&self) {
        self.0.suspected.notified().await;
    }

    /// Has whoever watches the disk look at it now.
    pub(crate) fn ask(&self) {
        self.0.suspected.notify_one();
    }

    /// Says why a command is refused, where it is.
    pub(crate) fn check(&self, command: &Command) -> Result<(), ApiError> {
        let admitted = self.0.admitted.borrow();
        let refused = match admitted.level {
            Level::Open => return Ok(()),
            Level::NoGrowth => need(command) == Need::Growth,
            Level::FreesOnly => need(command) != Need::Nothing,
            Level::ReadOnly => true,
        };
        if !refused {
            return Ok(());
        }
        self.0.refused.fetch_add(1, Ordering::Relaxed);
        Err(ApiError::refused_at(admitted.level, &admitted.reason))
    }

    /// Breaks the bytes of a transfer off once only what frees room is taken.
    pub(crate) fn check_bytes<T>(&self, chunk: io::Result<T>) -> io::Result<T> {
        let admitted = self.0.admitted.borrow();
        if admitted.level < Level::FreesOnly {
            return chunk;
        }
        Err(io::Error::new(io::ErrorKind::StorageFull, admitted.reason.to_string()))
    }

    /// Waits until only what frees room is taken; gives the reason.
    pub(crate) async fn closed(&self) -> Arc<str> {
        let mut admitted = self.0.admitted.subscribe();
        match admitted.wait_for(|admitted| admitted.level >= Level::FreesOnly).await {
            Ok(admitted) => Arc::clone(&admitted.reason),
            // The sender is a field of this value, so it cannot be gone.
            Err(_) => Arc::from(""),
        }
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::open()
    }
}

// === impl Level ===

impl Level {
    /// Gives the word for it in log lines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::NoGrowth => "no growth",
            Self::FreesOnly => "frees only",
            Self::ReadOnly => "read-only",
        }
    }
}

#[cfg(test)]
mod tests;
