//! What a deterministic machine is: the only code that turns commands into events, and events into state.
//!
//! A [`Machine`] decides and applies; the engine journals what it decided, in between. [`StateHasher`] makes
//! hashes of a state that do not depend on the insides of its maps. [`testkit`] checks that a machine keeps the
//! contract, and holds a small one to try an engine with.
//!
//! This crate sees no clock, no randomness, no I/O, and knows no domain.

mod form;
mod machine;
mod source;
mod stamp;
mod state_hash;

pub mod testkit;

pub use form::{Since, in_form};
pub use machine::Machine;
pub use source::Source;
pub use stamp::Stamp;
pub use state_hash::StateHasher;
