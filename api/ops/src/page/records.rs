//! The last records before a point, each told in short.

use std::sync::Arc;

use http::{StatusCode, Uri};
use journal_domain::ContainerId;
use journal_log::{Outcome, Record, Seq};
use projector_containers::{Containers, State};
use projector_engine::{Handle, World};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::{Answer, json, refused};
use crate::{RecordView, record_view::Content};

/// Records that are told where no number is asked for.
const COUNT: u64 = 100;

/// Records that are told at most: some screens of them.
const COUNT_MAX: u64 = 500;

/// Fields of commands and events that tell what one is about in words.
const NAME_FIELDS: [&str; 2] = ["name", "target"];

/// How many records are asked for.
#[derive(Debug, Deserialize)]
pub(super) struct RecordsQuery {
    count: Option<u64>,
}

/// A record, told in short: who had what done to what, and what came of it.
#[derive(Debug, Serialize)]
struct RecordLine {
    seq: u64,
    time: Option<String>,
    /// `command`, `observation`, `timer`, or what else a record is.
    kind: String,
    who: Option<String>,
    /// What was asked or reported, such as `container.kill`.
    command: Option<String>,
    /// The container that it is about.
    container: Option<String>,
    /// What that is called, or what else it is about.
    name: Option<String>,
    refused: Option<String>,
    events: Vec<String>,
    exit_code: Option<i64>,
}

/// Tells the last records of a world, the newest first.
pub(super) async fn records(
    handle: &Handle<Containers>,
    world: Arc<World<Containers>>,
    query: RecordsQuery,
) -> Answer {
    let count = query.count.unwrap_or(COUNT).clamp(1, COUNT_MAX);
    let reader = handle.reader();
    let read = move || -> Result<Vec<RecordLine>, String> {
        let first = reader.first().max(Seq::new((world.seq.get() + 1).saturating_sub(count)));
        if world.seq < first {
            return Ok(Vec::new());
        }
        let mut lines = Vec::new();
        for record in reader.read(first).map_err(|error| error.to_string())? {
            let record = record.map_err(|error| error.to_string())?;
            if record.header.seq > world.seq {
                break;
            }
            lines.push(RecordLine::of(&record, &world.state)?);
        }
        lines.reverse();
        Ok(lines)
    };
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(lines)) => json(&lines),
        Ok(Err(message)) => refused(StatusCode::INTERNAL_SERVER_ERROR, &message),
        Err(_) => refused(StatusCode::INTERNAL_SERVER_ERROR, "the log cannot be read"),
    }
}

// === impl RecordsQuery ===

impl RecordsQuery {
    /// Reads the query of a request, or says that it is none.
    pub(super) fn of(uri: &Uri) -> Result<Self, Box<Answer>> {
        serde_urlencoded::from_str(uri.query().unwrap_or_default()).map_err(|error| {
            let message = format!("the query is not understood: {error}");
            Box::new(refused(StatusCode::BAD_REQUEST, &message))
        })
    }
}

// === impl RecordLine ===

impl RecordLine {
    fn of(record: &Record, state: &State) -> Result<Self, String> {
        let RecordView { seq, time, kind, content, .. } =
            RecordView::of(record).map_err(|error| error.to_string())?;
        let line = Self {
            seq,
            time,
            kind,
            who: None,
            command: None,
            container: None,
            name: None,
            refused: None,
            events: Vec::new(),
            exit_code: None,
        };
        let Content::Command { actor, command, asked, outcome, events, .. } = content else {
            return Ok(line);
        };
        let told = || events.iter().chain([&asked]);
        let found = told().flat_map(ids).find_map(|id| state.container(&id));
        let named =
            || NAME_FIELDS.iter().find_map(|field| told().find_map(|one| one[*field].as_str()));
        // One that is gone has an id at least.
        let gone = || told().flat_map(ids).next().map(|id| id.short());
        let name = found.map(|container| container.name.as_str()).or_else(named);
        let names = events.iter().filter_map(|event| event["event"].as_str());
        Ok(Self {
            who: Some(actor.principal),
            command: Some(command),
            container: found.map(|container| container.id.to_string()),
            name: name.map(str::to_owned).or_else(gone),
            refused: match outcome {
                Outcome::Accepted => None,
                Outcome::Refused { message, .. } => Some(message),
            },
            exit_code: told().find_map(|fields| fields["exit_code"].as_i64()),
            events: names.map(str::to_owned).collect(),
            ..line
        })
    }
}

/// Gives the ids in a command or an event that may be a container's.
fn ids(fields: &Value) -> impl Iterator<Item = ContainerId> {
    let places = [&fields["container"], &fields["id"], &fields["target"]["Container"]];
    places.into_iter().filter_map(|id| id.as_str()?.parse().ok())
}
