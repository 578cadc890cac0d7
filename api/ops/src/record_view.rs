//! A record as people and programs read it.

use std::fmt;

use journal_audit::{Told, Vocabulary};
use journal_domain::{Command, Event};
use journal_log::{Actor, Body, CommandBodyV1, DecodeError, Outcome, Record, Tagged, Wire};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One record, decoded. As JSON it is an object with everything in it; as text it is one line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecordView {
    /// Its place.
    pub seq: u64,
    /// Its time, RFC 3339, UTC; absent where the kind has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// What kind of record it is.
    pub kind: String,
    /// Which opening of the log wrote it.
    pub epoch: u64,
    /// Its hash, which the next record carries.
    pub hash: String,
    /// What is in it.
    #[serde(flatten)]
    pub content: Content,
}

/// What is in a record.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// A command with its outcome.
    Command {
        /// Who asked.
        actor: Actor,
        /// The request that it came with.
        request: String,
        /// The record that caused it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<u64>,
        /// What was asked, such as `container.create`.
        command: String,
        /// What was asked, whole.
        asked: Value,
        /// What was decided.
        outcome: Outcome,
        /// What has happened, each with its name in `event`.
        events: Vec<Value>,
    },
    /// Any other record.
    Other {
        /// The body.
        body: Value,
    },
}

// === impl RecordView ===

impl RecordView {
    /// Decodes a record; the error says which part a newer release must have written.
    pub fn of(record: &Record) -> Result<Self, DecodeError> {
        let body = Body::of(record)?;
        let (time, content) = match &body {
            Body::Command(command) | Body::Observation(command) | Body::Timer(command) => {
                (Some(command.now.to_string()), content(command)?)
            }
            Body::Trim(trim) => {
                let value = serde_json::to_value(&body).unwrap_or_default();
                (Some(trim.now.to_string()), Content::Other { body: inner(value).1 })
            }
            Body::Epoch(_)
            | Body::StateHash(_)
            | Body::SnapshotRef(_)
            | Body::Seal(_)
            | Body::VersionBarrier(_)
            | Body::Skip(_) => {
                let value = serde_json::to_value(&body).unwrap_or_default();
                (None, Content::Other { body: inner(value).1 })
            }
        };
        Ok(Self {
            seq: record.header.seq.get(),
            time,
            kind: record.header.kind.to_string(),
            epoch: record.header.epoch.get(),
            hash: record.hash().to_string(),
            content,
        })
    }
}

/// The words of containers, images and the rest, for exports.
#[derive(Debug, Clone, Copy)]
pub struct Words;

impl Vocabulary for Words {
    fn command(&self, tagged: &Tagged) -> Result<Told, DecodeError> {
        let (name, fields) = named(&Command::from_tagged(tagged)?);
        Ok(Told { name, fields })
    }

    fn event(&self, tagged: &Tagged) -> Result<Told, DecodeError> {
        let (name, fields) = named(&Event::from_tagged(tagged)?);
        Ok(Told { name, fields })
    }
}

fn content(body: &CommandBodyV1) -> Result<Content, DecodeError> {
    let (command, asked) = named(&Command::from_tagged(&body.command)?);
    let events = body.events.iter().map(event).collect::<Result<_, _>>()?;
    Ok(Content::Command {
        actor: body.actor.clone(),
        request: body.request.to_string(),
        cause: body.cause.map(|cause| cause.get()),
        command,
        asked,
        outcome: body.outcome.clone(),
        events,
    })
}

fn event(tagged: &Tagged) -> Result<Value, DecodeError> {
    let (name, value) = named(&Event::from_tagged(tagged)?);
    let mut fields = Map::new();
    if let Value::Object(own) = value {
        fields = own;
    }
    fields.insert("event".into(), Value::String(name));
    Ok(Value::Object(fields))
}

/// Gives a payload's name, object and verb, and its fields.
fn named<T: Serialize>(payload: &T) -> (String, Value) {
    let (object, value) = inner(serde_json::to_value(payload).unwrap_or_default());
    let (verb, fields) = inner(value);
    (format!("{}.{}", snake(&object), snake(&verb)), fields)
}

/// Takes the only entry out of the object that stands for a variant.
fn inner(value: Value) -> (String, Value) {
    let Value::Object(fields) = value else { return (String::new(), value) };
    fields.into_iter().next().unwrap_or_default()
}

fn snake(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

impl fmt::Display for RecordView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.time.as_deref().unwrap_or("-");
        write!(f, "{:>8} {time} {:<12}", self.seq, self.kind)?;
        match &self.content {
            Content::Other { body } => write!(f, " {body}"),
            Content::Command { actor, command, outcome, events, .. } => {
                write!(f, " {} {command}", actor.principal)?;
                match outcome {
                    Outcome::Refused { message, .. } => write!(f, " refused: {message}"),
                    Outcome::Accepted if events.is_empty() => write!(f, " -> nothing"),
                    Outcome::Accepted => {
                        let names = events.iter().filter_map(|event| event["event"].as_str());
                        write!(f, " -> {}", names.collect::<Vec<_>>().join(", "))
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
