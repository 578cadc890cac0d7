//! What an engine is started with.

use std::fmt;
use std::time::Duration;

use crate::{ProgressCallback, SnapshotPolicy};

/// How long a submitter waits for room in the queue.
///
/// Docker clients do not try again after a 503, so a burst is better served late than refused; half a minute is
/// what they grant an answer before users give up.
const SUBMIT_WAIT: Duration = Duration::from_secs(30);

/// What an engine is started with.
#[derive(Clone)]
pub struct EngineOptions {
    /// What the epoch record says of this start.
    pub opening: Opening,
    /// How long a submitter waits for room in the queue before it is told that the engine is overloaded.
    pub submit_wait: Duration,
    /// When snapshots are made, and which are kept.
    pub snapshots: SnapshotPolicy,
    /// Whether replay compares the state with every hash in the log. It reads the log twice.
    pub verify_state: bool,
    /// Told about a replay that takes its time.
    pub on_progress: Option<ProgressCallback>,
}

/// What the epoch record says of a start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opening {
    /// The host's name.
    pub node: String,
    /// The kernel's boot id.
    pub boot: String,
    /// The program's version, as `major.minor.patch`.
    pub binary: String,
    /// The journal's identity.
    pub cluster: [u8; 16],
    /// What the opening of the journal had to mend or drop, a sentence each.
    pub recovery: Vec<String>,
}

impl Default for EngineOptions {
    /// Takes the limits as designed; state hashes are verified in debug builds.
    fn default() -> Self {
        Self {
            opening: Opening { binary: "0.0.0".to_owned(), ..Opening::default() },
            submit_wait: SUBMIT_WAIT,
            snapshots: SnapshotPolicy::default(),
            verify_state: cfg!(debug_assertions),
            on_progress: None,
        }
    }
}

impl fmt::Debug for EngineOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineOptions")
            .field("opening", &self.opening)
            .field("submit_wait", &self.submit_wait)
            .field("snapshots", &self.snapshots)
            .field("verify_state", &self.verify_state)
            .finish_non_exhaustive()
    }
}
