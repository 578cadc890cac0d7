//! The opening and the end of byte streams.

use journal_domain::{
    CloseStream, Event, OpenStream, Refusal, StreamClosed, StreamOpened, StreamTarget,
};

use super::Decision;
use crate::State;

/// Streams that may be open at once. Each is a connection, and connections are bounded far below this.
const STREAMS_MAX: usize = 65_536;

pub(super) fn open(state: &State, command: &OpenStream) -> Decision {
    match command.target {
        StreamTarget::Container(id) if state.container(&id).is_none() => {
            return Err(Refusal::NoSuchContainer(id.to_string()));
        }
        StreamTarget::Exec(id) if state.exec(&id).is_none() => {
            return Err(Refusal::NoSuchExec(id.to_string()));
        }
        StreamTarget::Container(_) | StreamTarget::Exec(_) => {}
    }
    if state.streams.size() >= STREAMS_MAX {
        return Err(Refusal::Exhausted(format!("{STREAMS_MAX} streams are open: close some")));
    }
    Ok(vec![StreamOpened { id: command.id, target: command.target, kind: command.kind }.into()])
}

pub(super) fn close(state: &State, command: &CloseStream) -> Vec<Event> {
    if !state.streams.contains_key(&command.id) {
        return Vec::new();
    }
    vec![StreamClosed { id: command.id, end: command.end }.into()]
}
