//! What is asked of the engine, and what it answers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use journal_log::{Actor, BODY_BYTES_MAX, EncodeError, RequestId, Seq};
use projector_machine::{Machine, Stamp};

/// A command on its way to the log.
#[derive(Debug, Clone)]
pub struct Submission<C> {
    /// Who asks.
    pub actor: Actor,
    /// The request that carries the command.
    pub request: RequestId,
    /// The record that caused the command, where a record did.
    pub cause: Option<Seq>,
    /// What is asked.
    pub command: C,
}

/// Says why a command is refused, before the machine is asked: whether its submitter may have it at all.
///
/// It is asked on the sequencer's thread about the state that decides and the command that is put on record, so what
/// it has seen is what is done. It must be quick, and must not wait.
pub type Check<M> = Arc<
    dyn Fn(&<M as Machine>::State, &<M as Machine>::Command) -> Result<(), <M as Machine>::Refusal>
        + Send
        + Sync,
>;

/// An accepted command: its record is durable, and its events are in the published state.
pub struct Committed<M: Machine> {
    /// The record.
    pub stamp: Stamp,
    /// What has happened by it.
    pub events: Arc<[M::Event]>,
}

impl<M: Machine> Clone for Committed<M> {
    fn clone(&self) -> Self {
        Self { stamp: self.stamp, events: Arc::clone(&self.events) }
    }
}

impl<M: Machine> fmt::Debug for Committed<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Committed")
            .field("stamp", &self.stamp)
            .field("events", &self.events)
            .finish()
    }
}

/// Why a command was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError<R> {
    /// The machine refused it, which is a record too.
    #[error("refused in record {seq}: {refusal}")]
    Refused {
        /// The record.
        seq: Seq,
        /// Why.
        refusal: R,
    },
    /// The queue stayed full. Nothing is in the log; asking again later may help.
    #[error("the engine is overloaded: no room in its queue for {}s", waited.as_secs_f32())]
    Overloaded {
        /// How long room was waited for.
        waited: Duration,
    },
    /// The command and its events do not fit into a record. Nothing is in the log.
    #[error("the record would have {size_bytes} bytes, at most {limit_bytes} are possible")]
    TooLarge {
        /// Bytes it would have, as far as they are known.
        size_bytes: usize,
        /// Bytes it may have.
        limit_bytes: usize,
    },
    /// Deciding or applying it panicked: a fault of the machine. Nothing is in the log.
    #[error("the command made the machine panic: {message}")]
    Panicked {
        /// What the panic said.
        message: String,
    },
    /// The engine has ended. Whether the command is in the log is unknown.
    #[error("the engine has ended")]
    Stopped,
}

impl<R> From<EncodeError> for SubmitError<R> {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::TooLong { size_bytes } => {
                Self::TooLarge { size_bytes, limit_bytes: BODY_BYTES_MAX }
            }
            EncodeError::Codec(_) => Self::Panicked { message: error.to_string() },
        }
    }
}
