//! Everything that is on record about one container.
//!
//! The log is read once from its first record on, in constant memory; a container that is not there any more is found in
//! it by a reading before that. Most records are passed over by a look at their bytes, for an event that is about a
//! container holds its id. Of a log whose beginning was given up, only what is still there is told.

mod names;
mod words;

use journal_domain::{ContainerId, CopyEvent, Event, ExecEvent, SystemEvent};
use journal_log::{
    Body, CommandView, DecodeError, JournalReader, ParseIdError, ReadError, Record, Seq, Wire,
};
use projector_containers::{LookupError, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::names::Names;
use crate::{RecordView, record_view::Content};

/// One record about a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its place.
    pub seq: u64,
    /// Its time.
    pub time: String,
    /// How it came about: `command`, `observation` or `timer`.
    pub kind: String,
    /// Who caused it.
    pub who: Who,
    /// The record that caused it, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<u64>,
    /// What was asked or reported, such as `container.kill`.
    pub command: String,
    /// What was said with it.
    pub asked: Value,
    /// Why it came to nothing, where it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// What has happened to the container by it, each with its name in `event`.
    pub events: Vec<Value>,
}

/// Who caused a record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// The principal, such as `uid:0`.
    pub principal: String,
    /// Where it came from.
    pub source: String,
    /// What the client calls itself.
    pub agent: String,
}

/// Why a container cannot be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The log has never had such a container.
    #[error("the log tells of no container {0}")]
    Missing(String),
    /// What there is of the log does not tell of such a container.
    #[error(
        "the log tells of no container {target}: it was trimmed and goes back to record {first} only"
    )]
    Forgotten {
        /// What was asked for.
        target: String,
        /// The first record that there is.
        first: Seq,
    },
    /// Several begin so.
    #[error("several containers have had an id that begins with {0}")]
    Ambiguous(String),
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Read(#[from] ReadError),
    /// A record cannot be understood.
    #[error("record {seq} cannot be told")]
    Decode {
        /// The record.
        seq: Seq,
        /// Why.
        #[source]
        source: DecodeError,
    },
    /// An id in the log is none.
    #[error("an id cannot be read")]
    Id(#[from] ParseIdError),
}

/// Hands every record up to `head` that is about `target` to `take`, the oldest first, until it says no.
///
/// A container that is there now is meant before one that is gone, and of those that are gone, the last of the name.
pub fn explain(
    reader: &dyn JournalReader,
    (present, head): (&State, Seq),
    target: &str,
    take: &mut dyn FnMut(Step) -> bool,
) -> Result<ContainerId, ExplainError> {
    let id = match present.find(target) {
        Ok(container) => container.id,
        Err(LookupError::AmbiguousId(_)) => return Err(ExplainError::Ambiguous(target.to_owned())),
        Err(_) => names::last_of(reader, head, target)?,
    };
    let mut story = Story::new(Names::new(id, names::before(reader, (present, head), id)?));
    for record in records(reader, head)? {
        let record = record?;
        let step = story
            .step(&record)
            .map_err(|source| ExplainError::Decode { seq: record.header.seq, source })?;
        if step.is_some_and(|step| !take(step)) {
            break;
        }
    }
    Ok(id)
}

/// Reads what there is of the log up to `head`, from the first record that was not given up.
fn records(
    reader: &dyn JournalReader,
    head: Seq,
) -> Result<impl Iterator<Item = Result<Record, ReadError>> + '_, ReadError> {
    let records = reader.read(reader.first())?;
    Ok(records
        .take_while(move |record| record.as_ref().map_or(true, |record| record.header.seq <= head)))
}

/// What is known of the container while its records are gone through.
struct Story {
    names: Names,
    /// The ids that events about it hold: its own, and those of its execs, streams and copies.
    ids: Vec<Vec<u8>>,
}

// === impl Story ===

impl Story {
    fn new(names: Names) -> Self {
        let ids = vec![names.id().as_bytes().to_vec()];
        Self { names, ids }
    }

    /// Makes a step of a record that is about the container.
    fn step(&mut self, record: &Record) -> Result<Option<Step>, DecodeError> {
        let (Body::Command(view) | Body::Observation(view) | Body::Timer(view)) =
            Body::<CommandView<'_>>::view(record)?
        else {
            return Ok(None);
        };
        let mut of_it = Vec::with_capacity(view.events.len());
        for payload in &view.events {
            let is_of_it = self.ids.iter().any(|id| holds(payload.bytes, id));
            if is_of_it || self.names.is_lost() {
                let event = Event::from_payload(*payload)?;
                self.names.follow(&event);
                self.ids.extend(is_of_it.then(|| opened(&event)).flatten());
            }
            of_it.push(is_of_it);
        }
        let changed = of_it.contains(&true);
        if !changed && !view.events.is_empty() {
            return Ok(None);
        }
        let step = Step::of(record, &of_it)?;
        Ok(step.filter(|step| changed || self.names.are_in(&step.asked)))
    }
}

/// Gives the id of what an event opens, by which later events know it.
fn opened(event: &Event) -> Option<Vec<u8>> {
    match event {
        Event::Exec(ExecEvent::Created(event)) => Some(event.id.as_bytes().to_vec()),
        Event::System(SystemEvent::StreamOpened(event)) => Some(event.id.as_bytes().to_vec()),
        Event::Copy(CopyEvent::Opened(event)) => Some(event.id.as_bytes().to_vec()),
        Event::Container(_)
        | Event::Copy(_)
        | Event::Exec(_)
        | Event::Image(_)
        | Event::Network(_)
        | Event::Pod(_)
        | Event::Pool(_)
        | Event::System(_)
        | Event::Volume(_) => None,
    }
}

fn holds(bytes: &[u8], id: &[u8]) -> bool {
    bytes.windows(id.len()).any(|window| window == id)
}

// === impl Step ===

impl Step {
    /// Tells a command with those of its events that `of_it` marks.
    fn of(record: &Record, of_it: &[bool]) -> Result<Option<Self>, DecodeError> {
        let RecordView { seq, time, kind, content, .. } = RecordView::of(record)?;
        let Content::Command { actor, cause, command, asked, outcome, events, .. } = content else {
            return Ok(None);
        };
        let refused = match outcome {
            journal_log::Outcome::Accepted => None,
            journal_log::Outcome::Refused { message, .. } => Some(message),
        };
        let own = events.into_iter().zip(of_it).filter(|(_, of_it)| **of_it);
        Ok(Some(Self {
            seq,
            time: time.unwrap_or_default(),
            kind,
            who: Who { principal: actor.principal, source: actor.source, agent: actor.agent },
            cause,
            command,
            asked,
            refused,
            events: own.map(|(event, _)| event).collect(),
        }))
    }
}
