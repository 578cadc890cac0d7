//! What is asked for again and again under a key of the client's is created once.

use std::collections::BTreeMap;

use journal_domain::{ContainerEvent, ContainerId, Digest, Event};

use crate::Violation;

/// What came of each request.
#[derive(Debug, Default)]
pub(super) struct CreatedOnce {
    containers: BTreeMap<Digest, ContainerId>,
}

// === impl CreatedOnce ===

impl CreatedOnce {
    pub(super) fn happened(&mut self, event: &Event) -> Result<(), Violation> {
        let Event::Container(ContainerEvent::KeyUsed(used)) = event else { return Ok(()) };
        let first = *self.containers.entry(used.request).or_insert(used.id);
        if first == used.id {
            return Ok(());
        }
        let what = format!("{first} and {} were created for one request", used.id);
        Err(Violation::new("created_once", what))
    }
}
