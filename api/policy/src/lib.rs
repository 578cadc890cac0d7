//! Who may do what: rules in a file, asked about the very command that is decided and put on record.
//!
//! | module | what it does |
//! |---|---|
//! | `action` | what can be done, by name |
//! | `facts` | what a command is about: labels, images, paths of the host, privileges |
//! | `reading` | what a call tells of that makes no command |
//! | `rules` | the rules, as they are written and as they are asked |
//! | `pattern` | names with `*` in them |
//!
//! Everything here is pure: a command, a state and rules go in, an answer comes out. It looks at no request, so there
//! is nothing that could be read in two ways.

mod action;
mod facts;
mod pattern;
mod reading;
mod rules;

use journal_domain::{Command, Refusal};
use projector_containers::State;

pub use reading::{Object, Reading};
pub use rules::{Policy, PolicyError, Rights};

// === impl Rights ===

impl Rights {
    /// Says why a command is refused, where it is.
    pub fn check(&self, state: &State, command: &Command) -> Result<(), Refusal> {
        let Some(action) = action::of(command) else { return Ok(()) };
        self.decide(action, &facts::of(state, command)).map_err(Refusal::Forbidden)
    }

    /// Says why a call that only reads is refused, where it is.
    ///
    /// A rule with labels allows what tells of one object that has them, and nothing that tells of others too.
    pub fn check_read(&self, state: &State, reading: Reading<'_>) -> Result<(), Refusal> {
        let Reading { action, object } = reading;
        self.decide(action, &facts::of_read(state, object)).map_err(Refusal::Forbidden)
    }
}
