//! The contract of a machine.

use std::fmt::{Debug, Display};
use std::hash::Hash;

use journal_log::{Timestamp, Wire};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Source, Stamp};

/// A deterministic machine: the only code that turns commands into events.
///
/// - Everything here is pure: no clock, no randomness, no environment, no I/O. Times and ids are arguments, and
///   what is allocated (names, addresses, numbers) is allocated from the state.
/// - The same state and the same arguments always give the same result, on every host and in every process:
///   nothing depends on the order inside a hash map, on addresses or on floating point.
/// - Events are folded, commands never are. `decide` may change from release to release; what `apply` makes of
///   an event that was once released may not.
/// - `apply` cannot fail: an event that is in the journal has happened.
/// - A panic in `decide` or `apply` costs the command that caused it and nothing else, for it is caught before
///   anything is journaled. A panic in `apply` while a log is replayed keeps the server from starting.
pub trait Machine: Sized + Send + Sync + 'static {
    /// What can be asked. Commands are imperative; facts from outside come as `Observe…`.
    type Command: Wire + Clone + Debug + Send + Sync + 'static;

    /// What can have happened.
    type Event: Wire + Clone + Debug + Send + Sync + 'static;

    /// Why a command changes nothing. Its text is what the client is told, and what the log keeps.
    type Refusal: Display + Debug + Clone + Send + Sync + 'static;

    /// The fold of all events. A clone has to be cheap (persistent maps): one is published for each group of
    /// commands. `Default` is the state before the first event.
    type State: Default + Clone + Send + Sync + Serialize + DeserializeOwned + 'static;

    /// A part of the state that one can wait for a change of.
    type Key: Hash + Eq + Clone + Debug + Send + Sync + 'static;

    /// The schema of the state's serialised form. A snapshot with another number is passed over, so a change of
    /// the form, also of what an event makes of the state, needs a new one.
    const SCHEMA: u32;

    /// The earliest schema whose form is read as well, without the fields that came [`Since`](crate::Since).
    ///
    /// It is of use where a trimmed log begins with a snapshot of that form: there are no records to make it anew of.
    const SCHEMA_OLDEST: u32 = Self::SCHEMA;

    /// Decides what `command` does to `state` at `now`, or why it is refused.
    ///
    /// The events come to nothing until they are journaled; an empty list is an acceptance that changes nothing.
    fn decide(
        state: &Self::State,
        command: &Self::Command,
        now: Timestamp,
    ) -> Result<Vec<Self::Event>, Self::Refusal>;

    /// Folds one journaled event into `state`.
    fn apply(state: &mut Self::State, event: &Self::Event, stamp: Stamp);

    /// Completes a state that was read in the form of `schema`, an earlier one, where a default is not enough.
    ///
    /// What it makes of a state may not change as long as [`SCHEMA`](Self::SCHEMA) does not: later hashes are of it.
    fn complete(_state: &mut Self::State, _schema: u32) {}

    /// Adds the keys that `event` touches to `out`: whoever waits for one of them looks again.
    ///
    /// A key left out leaves somebody waiting; a key too many costs a look. Repeats do no harm.
    fn keys(event: &Self::Event, out: &mut Vec<Self::Key>);

    /// Returns the earliest timer of `state`, with the command that is to come in at that time.
    ///
    /// It is derived from the state alone, so a restart loses none. It is asked after each group of records and
    /// has to be cheap. The events of the command have to move or clear the timer, else it holds up all others.
    fn next_timer(state: &Self::State) -> Option<(Timestamp, Self::Command)>;

    /// Tells who is behind `command`.
    fn source(command: &Self::Command) -> Source;

    /// Returns the number of `refusal` in the domain's registry; frozen, never reused.
    fn refusal_code(refusal: &Self::Refusal) -> u16;

    /// Returns the hash of `state`: equal states have equal hashes, however they came to be.
    ///
    /// [`StateHasher`](crate::StateHasher) helps. It may take its time: the engine asks for it beside the loop.
    fn state_hash(state: &Self::State) -> [u8; 32];
}
