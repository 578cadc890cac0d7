//! Checks that every machine has to pass, and a small machine to try an engine with.
//!
//! The checks panic at the first broken promise, with a sentence that names it. They are part of the crate, so
//! that each machine's tests run the same ones.

mod checks;
mod counters;
mod dry_run;

pub use checks::{check_determinism, check_snapshot, check_wire};
pub use counters::{
    Count, CounterCommand, CounterEvent, CounterRefusal, CounterState, CounterTimer, Counters,
};
pub use dry_run::DryRun;

#[cfg(test)]
mod tests;
