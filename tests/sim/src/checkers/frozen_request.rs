//! A token always comes with the same request: each try of a start asks for the same.

use crate::{Violation, provider::Provider};

pub(super) fn check(provider: &Provider) -> Result<(), Violation> {
    let Some(run) = provider.changed_requests.first() else { return Ok(()) };
    let what = format!("the start of {run} was asked for again with something else");
    Err(Violation::new("frozen_request", what))
}
