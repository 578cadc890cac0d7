//! The body of commands, observations and fired timers.

use serde::{Deserialize, Serialize};

use crate::{Payload, RequestId, Seq, Tagged, Timestamp};

/// A command as it was asked, who asked it, what was decided, and the events that came of it.
///
/// The header's kind tells a client's or the system's command, an observation and a timer apart. Replay folds
/// the events and never decides again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandBodyV1 {
    /// Who asked. It stands in each record, so that each can be audited alone.
    pub actor: Actor,
    /// The request that carried the command.
    pub request: RequestId,
    /// The time that `decide` was given.
    pub now: Timestamp,
    /// The record that caused this one, where a record did.
    pub cause: Option<Seq>,
    /// The command as asked.
    pub command: Tagged,
    /// What was decided.
    pub outcome: Outcome,
    /// What has happened; empty for a refusal.
    pub events: Vec<Tagged>,
}

/// Who asked for something, and from where.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Who it is, as `uid:0`, `reconciler`, `timer`, `boot`.
    pub principal: String,
    /// Where the request came in, as `unix:/run/sockerless.sock`, `tcp:127.0.0.1:5000`.
    pub source: String,
    /// The client's program, as it names itself.
    pub agent: String,
}

/// What was decided about a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was accepted; the events say what came of it.
    Accepted,
    /// It was refused and changed nothing.
    Refused {
        /// The refusal's number in the domain's registry.
        code: u16,
        /// The reason as the client was told it.
        message: String,
    },
}

/// What a fold needs of a [`CommandBodyV1`], read in place: a replay of millions of records copies no text of who asked
/// for what.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CommandView<'b> {
    #[serde(borrow)]
    _actor: ActorView<'b>,
    _request: RequestId,
    /// The time that `decide` was given.
    pub now: Timestamp,
    _cause: Option<Seq>,
    _command: Payload<'b>,
    _outcome: OutcomeView<'b>,
    /// What has happened; empty for a refusal.
    pub events: Vec<Payload<'b>>,
}

/// An [`Actor`] in place.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct ActorView<'b> {
    _principal: &'b str,
    _source: &'b str,
    _agent: &'b str,
}

/// An [`Outcome`] in place.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
enum OutcomeView<'b> {
    Accepted,
    Refused {
        #[serde(rename = "code")]
        _code: u16,
        #[serde(rename = "message")]
        _message: &'b str,
    },
}
