//! Why the engine cannot go on.

use journal_log::{AppendError, Seq};

/// What ends the engine, and has to end the process: only an opening finds out what is durable.
#[derive(Debug, thiserror::Error)]
pub enum FatalError {
    /// The journal did not take a group. Nothing of it was answered.
    #[error("the journal did not take {records} records at {first}")]
    Append {
        /// The group's first record.
        first: Seq,
        /// Records of the group.
        records: usize,
        /// What failed.
        #[source]
        source: AppendError,
    },
    /// The engine itself panicked, or a part of the machine that runs after the append.
    #[error("the sequencer panicked after record {after}: {message}")]
    Panicked {
        /// The last record that was published.
        after: Seq,
        /// What the panic said.
        message: String,
    },
}
