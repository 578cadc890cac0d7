//! The start of a server: what its forerunner left open ends here, on record, and what is down and should not be
//! comes up.

use journal_domain::{Boot, Booted, CopyFailed, Event, StreamClosed, StreamEnd, TransferFailed};
use journal_log::Timestamp;

use super::{policy, remove::removal};
use crate::State;

pub(super) fn boot(state: &State, command: &Boot, now: Timestamp) -> Vec<Event> {
    let (version, host) = (command.version.clone(), command.host.clone());
    let mut events: Vec<Event> = vec![Booted { version, host }.into()];
    for id in state.streams.keys().filter(|_| !journal_log::planted!("streams-left-open")) {
        events.push(StreamClosed { id: *id, end: StreamEnd::ServerGone }.into());
    }
    for id in state.transfers.keys().filter(|_| !journal_log::planted!("transfers-left-open")) {
        let reason = "the server was restarted while the transfer ran".to_owned();
        events.push(TransferFailed { id: *id, reason }.into());
    }
    // What a build that is over had running does not go on, and nobody commits it.
    for container in state.newest_first().filter(|container| state.is_step(container)) {
        events.extend(removal(state, container, true));
    }
    for (&id, &container) in state.copies.iter() {
        let reason = "the server was restarted while the copy ran".to_owned();
        events.push(CopyFailed { id, container, reason }.into());
    }
    events.extend(policy::at_boot(state, now));
    events
}
