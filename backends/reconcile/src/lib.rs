//! Makes backends follow the state, and puts what they report on record.
//!
//! One task, [`Reconciler`], owns it. It takes no word of what changed: a change, a retry, a restart and the
//! adoption of what still runs are one path, through [`plan`], which is pure. So are [`settle`], which tells what goes
//! on record when a backend has answered, and [`sweep`], which does when everything that runs was listed.
//!
//! It never decides what should run, and never keeps a truth of its own: what it knows beyond the state is
//! which steps are under way and which failed lately.

mod adopt;
mod drift;
mod driver;
mod names;
mod outcome;
mod plan;
mod record;
mod secrets;
mod step;
#[cfg(test)]
mod story;
mod sweep;

pub use drift::{Drift, drift};
pub use driver::{Reconciler, ReconcilerMetrics};
pub use outcome::{Done, delay, settle};
pub use plan::{Failed, Limits, Progress, plan};
pub use record::command;
pub use step::{Step, StepKey};
pub use sweep::{Look, Sightings, Stray, Swept, sweep};
