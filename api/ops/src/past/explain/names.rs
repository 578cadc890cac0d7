//! By which names a container is called in commands, while the log goes on.

use journal_domain::{ContainerEvent, ContainerId, Event};
use journal_log::{Body, CommandView, JournalReader, Seq, Wire as _};
use serde_json::Value;

use super::{ExplainError, records};

/// Digits of an id's beginning that commands call a container by at least; fewer are a word as likely.
const PREFIX_DIGITS_MIN: usize = 4;

/// Finds the last container of a name, or the one whose id begins so, in the whole log.
pub(super) fn last_of(
    reader: &dyn JournalReader,
    head: Seq,
    target: &str,
) -> Result<ContainerId, ExplainError> {
    let bare = target.strip_prefix('/').unwrap_or(target);
    let (mut named, mut begun) = (None, Vec::new());
    for record in records(reader, head)? {
        let record = record?;
        let seq = record.header.seq;
        let undecodable = |source| ExplainError::Decode { seq, source };
        let (Body::Command(view) | Body::Observation(view) | Body::Timer(view)) =
            Body::<CommandView<'_>>::view(&record).map_err(undecodable)?
        else {
            continue;
        };
        for payload in &view.events {
            let event = Event::from_payload(*payload).map_err(undecodable)?;
            let Some((id, name)) = naming(&event) else { continue };
            if name == bare {
                named = Some(id);
            }
            if id.to_string().starts_with(bare) && !begun.contains(&id) {
                begun.push(id);
            }
        }
    }
    match (named, &begun[..]) {
        (Some(id), _) => Ok(id),
        (None, [id]) => Ok(*id),
        (None, []) => Err(ExplainError::Missing(target.to_owned())),
        (None, _) => Err(ExplainError::Ambiguous(target.to_owned())),
    }
}

/// Gives the container that an event names, and the name.
fn naming(event: &Event) -> Option<(ContainerId, &str)> {
    let Event::Container(event) = event else { return None };
    match event {
        ContainerEvent::Created(event) => Some((event.id, event.name.as_str())),
        ContainerEvent::Renamed(event) => Some((event.id, event.name.as_str())),
        ContainerEvent::StartRequested(_)
        | ContainerEvent::Started(_)
        | ContainerEvent::StartFailed(_)
        | ContainerEvent::Exited(_)
        | ContainerEvent::StopRequested(_)
        | ContainerEvent::RestartRequested(_)
        | ContainerEvent::SignalRequested(_)
        | ContainerEvent::SignalDelivered(_)
        | ContainerEvent::ResizeRequested(_)
        | ContainerEvent::Resized(_)
        | ContainerEvent::RemovalRequested(_)
        | ContainerEvent::Removed(_)
        | ContainerEvent::OptionsSet(_)
        | ContainerEvent::PortsBound(_)
        | ContainerEvent::Delayed(_) => None,
    }
}

/// The names of one container.
pub(super) struct Names {
    id: ContainerId,
    hex: String,
    /// Its name, also after it has gone, until another container has it.
    name: Option<String>,
    is_gone: bool,
}

// === impl Names ===

impl Names {
    pub(super) fn new(id: ContainerId) -> Self {
        Self { id, hex: id.to_string(), name: None, is_gone: false }
    }

    /// Tells whether another container may take the name.
    pub(super) const fn is_lost(&self) -> bool {
        self.is_gone && self.name.is_some()
    }

    /// Notes what an event says of names.
    pub(super) fn follow(&mut self, event: &Event) {
        if let Some((id, name)) = naming(event) {
            if id == self.id {
                self.name = Some(name.to_owned());
            } else if self.is_gone && self.name.as_deref() == Some(name) {
                self.name = None;
            }
        }
        if let Event::Container(ContainerEvent::Removed(removed)) = event {
            self.is_gone |= removed.id == self.id;
        }
    }

    /// Tells whether what was asked with a command names the container.
    pub(super) fn are_in(&self, asked: &Value) -> bool {
        let texts = [&asked["target"], &asked["name"], &asked["create"]["name"]];
        let named = texts.into_iter().filter_map(Value::as_str).any(|text| self.is(text));
        named
            || asked["path"].as_str().is_some_and(|path| path.split('/').any(|part| self.is(part)))
    }

    fn is(&self, text: &str) -> bool {
        let bare = text.strip_prefix('/').unwrap_or(text);
        let is_prefix = bare.len() >= PREFIX_DIGITS_MIN && self.hex.starts_with(bare);
        is_prefix || self.name.as_deref() == Some(bare)
    }
}
