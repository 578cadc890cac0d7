//! For each run of a container at most one workload was ever started.

use crate::{Violation, provider::Provider};

pub(super) fn check(provider: &Provider) -> Result<(), Violation> {
    let Some(run) = provider.duplicates.first() else { return Ok(()) };
    Err(Violation::new("one_workload", format!("a second workload was started for {run}")))
}
