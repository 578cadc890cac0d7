//! Makes backends follow the state, and puts what they report on record.
//!
//! One task, [`Reconciler`], owns it. It takes no word of what changed: a change, a retry, a restart and the
//! adoption of what still runs are one path, through [`plan`], which is pure.
//!
//! It never decides what should run, and never keeps a truth of its own: what it knows beyond the state is
//! which steps are under way and which failed lately.

mod adopt;
mod driver;
mod plan;
mod record;
mod step;
#[cfg(test)]
mod story;

pub use driver::{Reconciler, ReconcilerMetrics};
pub use plan::{Limits, Progress, plan};
pub use step::{Step, StepKey};
