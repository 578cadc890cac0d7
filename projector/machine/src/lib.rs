//! What a machine is: the only code that turns commands into events, and events into state.
//!
//! [`Machine`] is the contract between the engine, which journals, and a domain, which decides. Both of its
//! halves are pure: the same state and the same input give the same output on every host and in every year.
//!
//! There is no clock, no randomness and no I/O here, and no machine of any domain.

mod machine;

pub use machine::{Machine, Refuse, Source, Stamp};
