//! Copies into containers: an opening record, bytes beside the log, and a closing record.

use journal_domain::{
    CompleteCopy, CopyCommand, CopyCompleted, CopyFailed, CopyOpened, Event, FailCopy, OpenCopy,
    Refusal,
};

use super::Decision;
use crate::State;

/// Copies that may be open at once. Each is a connection, and connections are bounded far below this.
const COPIES_MAX: usize = 65_536;

pub(super) fn copy(state: &State, command: &CopyCommand) -> Decision {
    match command {
        CopyCommand::Open(command) => open(state, command),
        CopyCommand::Complete(command) => complete(state, command),
        CopyCommand::Fail(command) => Ok(fail(state, command)),
    }
}

fn open(state: &State, command: &OpenCopy) -> Decision {
    let (id, container) = (command.id, command.container);
    let Some(found) = state.container(&container) else {
        return Err(Refusal::NoSuchContainer(container.to_string()));
    };
    if found.removing {
        return Err(Refusal::Conflict(format!("container {container} is being removed")));
    }
    if state.copies.size() >= COPIES_MAX {
        return Err(Refusal::Exhausted(format!("{COPIES_MAX} copies are open: wait for some")));
    }
    Ok(vec![CopyOpened { id, container, path: command.path.clone() }.into()])
}

fn complete(state: &State, command: &CompleteCopy) -> Decision {
    let CompleteCopy { id, digest, sent_bytes, entries } = *command;
    let Some(&container) = state.copies.get(&id) else {
        return Err(Refusal::Conflict(format!("copy {id} is not open")));
    };
    Ok(vec![CopyCompleted { id, container, digest, sent_bytes, entries }.into()])
}

fn fail(state: &State, command: &FailCopy) -> Vec<Event> {
    let Some(&container) = state.copies.get(&command.id) else { return Vec::new() };
    vec![CopyFailed { id: command.id, container, reason: command.reason.clone() }.into()]
}
