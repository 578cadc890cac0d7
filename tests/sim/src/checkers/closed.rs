//! What a server had open for clients is closed by the first group of the next one.

use journal_domain::{Command, ImageCommand, StreamId, SystemCommand, TransferId};
use projector_containers::State;

use crate::Violation;

/// What was opened since the last start of a server, on record or not.
#[derive(Debug, Default)]
pub(crate) struct Closed {
    transfers: Vec<TransferId>,
    streams: Vec<StreamId>,
}

// === impl Closed ===

impl Closed {
    /// Notes what a command opens.
    pub(crate) fn note(&mut self, command: &Command) {
        if let Command::Image(ImageCommand::OpenTransfer(open)) = command {
            self.transfers.push(open.id);
        } else if let Command::System(SystemCommand::OpenStream(open)) = command {
            self.streams.push(open.id);
        }
    }

    /// Checks the state after the first group of a server, which has opened nothing yet.
    pub(crate) fn booted(&mut self, state: &State) -> Result<(), Violation> {
        let open = std::mem::take(self);
        if let Some(id) = open.transfers.iter().find(|id| state.transfer(id).is_some()) {
            return Err(violation(format!("transfer {id} of a server that is gone is open")));
        }
        if let Some(id) = open.streams.iter().find(|id| state.stream(id).is_some()) {
            return Err(violation(format!("stream {id} of a server that is gone is open")));
        }
        Ok(())
    }
}

const fn violation(what: String) -> Violation {
    Violation::new("closed", what)
}
