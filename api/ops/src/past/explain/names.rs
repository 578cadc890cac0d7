//! By which names a container is called in commands, while the log goes on.

use journal_domain::{ContainerEvent, ContainerId, Event};
use journal_log::{Body, CommandView, JournalReader, Record, Seq, Wire as _};
use projector_containers::State;
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
        for event in events(&record?)? {
            let Some((id, name)) = naming(&event) else { continue };
            if name == bare {
                named = Some(id);
            }
            if id.to_string().starts_with(bare) && !begun.contains(&id) {
                begun.push(id);
            }
        }
    }
    let target = target.to_owned();
    match (named, &begun[..], reader.first()) {
        (Some(id), ..) => Ok(id),
        (None, [id], _) => Ok(*id),
        (None, [], Seq::FIRST) => Err(ExplainError::Missing(target)),
        (None, [], first) => Err(ExplainError::Forgotten { target, first }),
        (None, ..) => Err(ExplainError::Ambiguous(target)),
    }
}

/// Gives the name that a container had before the first record that the log still has.
///
/// Where its creation was given up, that is what its first rename tells, or else the name that it has.
pub(super) fn before(
    reader: &dyn JournalReader,
    (present, head): (&State, Seq),
    id: ContainerId,
) -> Result<Option<String>, ExplainError> {
    let container = present.container(&id);
    let Some(container) = container.filter(|one| one.created_seq < reader.first()) else {
        return Ok(None);
    };
    for record in records(reader, head)? {
        let record = record?;
        for event in events(&record)? {
            if let Event::Container(ContainerEvent::Renamed(renamed)) = event
                && renamed.id == id
            {
                return Ok(Some(renamed.old_name.to_string()));
            }
        }
    }
    Ok(Some(container.name.to_string()))
}

/// Reads the events of a record; none where it is of the engine's own making.
fn events(record: &Record) -> Result<Vec<Event>, ExplainError> {
    let undecodable = |source| ExplainError::Decode { seq: record.header.seq, source };
    let (Body::Command(view) | Body::Observation(view) | Body::Timer(view)) =
        Body::<CommandView<'_>>::view(record).map_err(undecodable)?
    else {
        return Ok(Vec::new());
    };
    let events = view.events.iter().map(|payload| Event::from_payload(*payload));
    events.collect::<Result<_, _>>().map_err(undecodable)
}

/// Gives the container that an event names, and the name.
fn naming(event: &Event) -> Option<(ContainerId, &str)> {
    let Event::Container(event) = event else { return None };
    match event {
        ContainerEvent::Created(event) => Some((event.id, event.name.as_str())),
        ContainerEvent::Renamed(event) => Some((event.id, event.name.as_str())),
        ContainerEvent::StartRequested(_)
        | ContainerEvent::StartQueued(_)
        | ContainerEvent::StartWithdrawn(_)
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
        | ContainerEvent::FreezeRequested(_)
        | ContainerEvent::Frozen(_)
        | ContainerEvent::KeyUsed(_)
        | ContainerEvent::ProbeRequested(_)
        | ContainerEvent::Probed(_)
        | ContainerEvent::OptionsSet(_)
        | ContainerEvent::PortsBound(_)
        | ContainerEvent::KeysDestroyed(_)
        | ContainerEvent::RestartScheduled(_)
        | ContainerEvent::RestartCancelled(_)
        | ContainerEvent::UpdateRequested(_)
        | ContainerEvent::Updated(_)
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
    /// Begins with the name that the container has before the first record, where it has one.
    pub(super) fn new(id: ContainerId, name: Option<String>) -> Self {
        Self { id, hex: id.to_string(), name, is_gone: false }
    }

    pub(super) const fn id(&self) -> ContainerId {
        self.id
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
