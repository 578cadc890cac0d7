//! What a connection is doing, shared by the transport below the HTTP library and the service above it.
//!
//! All accesses are from one connection's tasks and no other memory hangs on them, so `Relaxed` is enough.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// The state of one connection.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    requests: AtomicU64,
    busy: AtomicBool,
    body_left_unread: AtomicBool,
    check_peer: AtomicBool,
    switched: AtomicBool,
}

impl Activity {
    /// A request's head is complete.
    pub(crate) fn begin(&self) {
        self.busy.store(true, Relaxed);
        self.requests.fetch_add(1, Relaxed);
    }

    /// Every byte of the answer is with the HTTP library.
    pub(crate) fn end(&self) {
        self.busy.store(false, Relaxed);
    }

    /// Tells whether a request is being answered.
    pub(crate) fn is_busy(&self) -> bool {
        self.busy.load(Relaxed)
    }

    /// Counts the requests so far.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Relaxed)
    }

    /// A handler dropped a request's body before its end.
    pub(crate) fn leave_body_unread(&self) {
        self.body_left_unread.store(true, Relaxed);
    }

    pub(crate) fn is_body_left_unread(&self) -> bool {
        self.body_left_unread.load(Relaxed)
    }

    /// The answer that leaves HTTP was given.
    pub(crate) fn switch(&self) {
        self.switched.store(true, Relaxed);
    }

    pub(crate) fn is_switched(&self) -> bool {
        self.switched.load(Relaxed)
    }

    /// Asks the transport to look whether the peer is still there.
    pub(crate) fn ask_for_peer(&self) {
        self.check_peer.store(true, Relaxed);
    }

    pub(crate) fn take_peer_check(&self) -> bool {
        self.check_peer.load(Relaxed) && self.check_peer.swap(false, Relaxed)
    }
}
