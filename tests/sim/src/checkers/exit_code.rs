//! An end is on record as it was: the status that the provider knows, or that nobody knows it; and only of what is over.

use backends_core::RunId;
use journal_domain::{ContainerEvent, Event};

use crate::{
    Violation,
    provider::{End, Provider},
};

/// What Docker shows for a container that it lost.
const LOST: i64 = 255;

pub(super) fn check(event: &Event, provider: &Provider) -> Result<(), Violation> {
    let Event::Container(ContainerEvent::Exited(exited)) = event else { return Ok(()) };
    let run = RunId { container: exited.id, incarnation: exited.incarnation };
    let recorded = exited.exit_code;
    let what = match provider.truth(run) {
        Some(End::Code(code)) if code == recorded => return Ok(()),
        Some(End::Unknown) if recorded == LOST => return Ok(()),
        Some(End::Code(code)) => format!("{run} ended with {code}, and {recorded} is on record"),
        Some(End::Unknown) => format!("nobody knows how {run} ended, and {recorded} is on record"),
        None => format!("{run} is not over, and {recorded} is on record"),
    };
    Err(Violation::new("exit_code", what))
}
