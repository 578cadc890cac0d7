//! Runs that follow by themselves.

use std::time::Duration;

use journal_log::Timestamp;
use serde::{Deserialize, Serialize};

/// What is known of the runs of a container that follow one another by themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restarts {
    /// How many have followed since a client started it.
    pub count: u32,
    /// When the next one is due, while it is waited for.
    pub due: Option<Timestamp>,
    /// The pause before the last one; zero before the first.
    pub(crate) pause: Duration,
    /// Whether a client has signalled the run: none that is to run unless stopped follows.
    pub(crate) by_client: bool,
    /// Whether a client has ended the run, or tried to: none follows, whatever the policy.
    pub(crate) held_back: bool,
}
