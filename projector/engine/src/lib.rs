//! The single writer: takes commands, decides, journals what was decided, folds it, wakes who waits.
//!
//! One thread owns the state. Everyone else holds a [`Handle`], which submits commands, reads immutable
//! [`World`]s, waits for a part of the state to change, and follows the log as a [`Feed`]. A command is answered
//! only after its record is durable and applied; what is queued meanwhile shares the next sync.
//!
//! | module | what it does |
//! |---|---|
//! | `engine` | start: replay, the epoch record, the threads |
//! | `writer` | what is done in one turn: decide, append, fold |
//! | `sequencer` | the loop of the one thread around it: take, publish, answer |
//! | `inbox` | the bounded queues in front of it |
//! | `replay` | from a snapshot and the log back to a state |
//! | `snapshots` | when a snapshot is made, and which are kept |
//! | `past` | the state at any point that the log still tells of |
//! | `trim` | the beginning of the log is given up, behind a snapshot |
//! | `feed`, `waiters` | how what has happened gets out |
//!
//! This crate never calls a backend, reads no clock but the one it is given, and knows no machine by name.

mod clock;
mod engine;
mod fatal;
mod feed;
mod handle;
mod inbox;
mod metrics;
mod options;
mod panics;
mod past;
mod replay;
mod sequencer;
mod shared;
mod snapshots;
mod stopwatch;
mod submission;
mod trim;
mod waiters;
mod world;
mod writer;

pub use clock::{Clock, ManualClock, SystemClock, Wake};
pub use engine::{Engine, StartError};
pub use fatal::FatalError;
pub use feed::{Feed, FeedError, FeedItem};
pub use handle::Handle;
pub use inbox::Answer;
pub use metrics::{HistogramReport, MetricsReport};
pub use options::{EngineOptions, Opening};
pub use past::{Past, PastError, Point};
pub use replay::{
    Progress, ProgressCallback, RejectedSnapshot, ReplayError, ReplayOptions, ReplayReport,
    Replayed, StateHashes, begins_with, replay,
};
pub use snapshots::SnapshotPolicy;
pub use submission::{Check, Committed, Submission, SubmitError};
pub use trim::{TrimError, TrimPlan, TrimRequest};
pub use world::World;
pub use writer::Writer;
