//! The trait and what it speaks of.

use std::{
    fmt::{Debug, Display},
    hash::Hash,
};

use journal_log::{Seq, Timestamp, Wire};
use serde::{Serialize, de::DeserializeOwned};

/// A deterministic machine.
///
/// - `decide` and `apply` depend on nothing but their arguments.
/// - Events are folded, never commands: `decide` may change between releases, and an old log still gives the
///   state that it gave.
/// - `apply` cannot fail: an event that is in the journal has happened. One that fits nothing changes nothing.
/// - The state is made of persistent maps, so that a clone costs a few counters.
pub trait Machine: Sized + Send + Sync + 'static {
    /// What can be asked.
    type Command: Wire + Clone + Debug + Send + Sync + 'static;
    /// What can happen.
    type Event: Wire + Clone + Debug + Send + Sync + 'static;
    /// Why something is refused.
    type Refusal: Refuse;
    /// The fold of all events.
    type State: Default + Clone + Send + Sync + Serialize + DeserializeOwned + 'static;
    /// What a reader waits for a change of.
    type Key: Hash + Eq + Clone + Debug + Send + Sync + 'static;

    /// The number of the serialised state's shape; a snapshot with another number is passed over.
    const SCHEMA: u32;

    /// Decides what `command` does to `state` at `now`, or why it is refused.
    fn decide(
        state: &Self::State,
        command: &Self::Command,
        now: Timestamp,
    ) -> Result<Vec<Self::Event>, Self::Refusal>;

    /// Folds one journaled event into `state`.
    fn apply(state: &mut Self::State, event: &Self::Event, stamp: Stamp);

    /// Adds to `out` what `event` changed, so that those who wait for it look again.
    fn keys(event: &Self::Event, out: &mut Vec<Self::Key>);

    /// Gives the earliest thing that shall happen by itself, as a command with its time.
    fn next_timer(state: &Self::State) -> Option<(Timestamp, Self::Command)>;

    /// Tells where a command comes from.
    fn source(command: &Self::Command) -> Source;

    /// Hashes the state; two folds of the same events have the same hash.
    fn state_hash(state: &Self::State) -> [u8; 32];
}

/// The record that an event stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// Its place in the log.
    pub seq: Seq,
    /// Its time.
    pub at: Timestamp,
}

/// Where a command comes from; it decides the kind of its record and how it is queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A client's call.
    Client,
    /// A report of what happened outside.
    Observation,
    /// A time that has come.
    Timer,
    /// The server itself.
    System,
}

/// A reason for which a command was refused; its text goes to the client and into the log.
pub trait Refuse: Display + Debug + Clone + Send + Sync + 'static {
    /// Gives the reason's number in records; frozen, never reused.
    fn code(&self) -> u16;
}
