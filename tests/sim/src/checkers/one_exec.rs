//! What an exec does is begun at most once.

use crate::{Violation, provider::Provider};

pub(super) fn check(provider: &Provider) -> Result<(), Violation> {
    let Some(program) = provider.execs.doubled.first() else { return Ok(()) };
    Err(Violation::new("one_exec", format!("{program:?} was begun a second time")))
}
