//! A record as an auditor reads it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use journal_log::{Actor, Body, CommandBodyV1, DecodeError, Outcome, Record, Tagged, TreeHash};
use serde::Serialize;
use serde_json::{Map, Value};

/// How a domain tells what its payloads say.
///
/// - The same payload is always told in the same way: what is told is part of an export, and is compared.
/// - What this release cannot read is an error, never left out.
pub trait Vocabulary: Send + Sync {
    /// Tells a command.
    fn command(&self, tagged: &Tagged) -> Result<Told, DecodeError>;

    /// Tells an event.
    fn event(&self, tagged: &Tagged) -> Result<Told, DecodeError>;
}

/// A payload in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Its object and verb, as `container.create`.
    pub name: String,
    /// Its fields.
    pub fields: Value,
}

/// A record as an auditor reads it. Its JSON is a line of an export.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// Its place.
    pub seq: u64,
    /// Its time, RFC 3339, UTC.
    pub time: String,
    /// What kind of record it is.
    pub kind: String,
    /// Which opening of the log wrote it.
    pub epoch: u64,
    /// What is in it.
    #[serde(flatten)]
    pub what: What,
    /// Its hash, hex, which is its leaf in the tree.
    pub hash: String,
    /// The record's exact bytes, base64; only where the format carries them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The way from the leaf to the signed root, base64; only where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<Vec<String>>,
}

/// What is in a record.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum What {
    /// A command with its outcome.
    Command {
        /// Who asked.
        actor: Actor,
        /// The request that it came with.
        request: String,
        /// The record that caused it.
        #[serde(skip_serializing_if = "Option::is_none")]
        cause: Option<u64>,
        /// What was asked, such as `container.create`.
        command: String,
        /// What was asked, whole.
        asked: Value,
        /// What was decided.
        #[serde(flatten)]
        verdict: Verdict,
        /// What has happened, each with its name in `event`.
        events: Vec<Value>,
    },
    /// Any other record.
    Other {
        /// The body.
        body: Value,
    },
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Verdict {
    /// It was accepted.
    Accepted,
    /// It was refused and changed nothing.
    Refused {
        /// The refusal's number.
        code: u16,
        /// The reason as the client was told it.
        reason: String,
    },
}

// === impl Entry ===

impl Entry {
    /// Tells `record`.
    pub fn of(record: &Record, vocabulary: &dyn Vocabulary) -> Result<Self, DecodeError> {
        let header = &record.header;
        let body = Body::of(record)?;
        let (time, what) = match &body {
            Body::Command(command) | Body::Observation(command) | Body::Timer(command) => {
                (command.now, told(command, vocabulary)?)
            }
            Body::Epoch(opening) => (opening.now, other(&body)),
            Body::Trim(trim) => (trim.now, other(&body)),
            // What stands in for a lost record has that record's time; the body tells when it was passed over.
            Body::StateHash(_)
            | Body::SnapshotRef(_)
            | Body::Seal(_)
            | Body::VersionBarrier(_)
            | Body::Skip(_) => (header.hlc.wall(), other(&body)),
        };
        Ok(Self {
            seq: header.seq.get(),
            time: time.to_string(),
            kind: header.kind.to_string(),
            epoch: header.epoch.get(),
            what,
            hash: record.hash().to_string(),
            record: None,
            proof: None,
        })
    }

    /// Adds the record's bytes.
    pub(crate) fn carry(&mut self, record: &Record) {
        self.record = Some(STANDARD.encode(record.encode()));
    }

    /// Adds the way to the signed root.
    pub(crate) fn prove(&mut self, proof: &[TreeHash]) {
        self.proof = Some(proof.iter().map(|hash| STANDARD.encode(hash.as_bytes())).collect());
    }

    /// Returns what the record is about in one word: the command's name, or the kind.
    pub fn name(&self) -> &str {
        match &self.what {
            What::Command { command, .. } => command,
            What::Other { .. } => &self.kind,
        }
    }
}

fn told(body: &CommandBodyV1, vocabulary: &dyn Vocabulary) -> Result<What, DecodeError> {
    let command = vocabulary.command(&body.command)?;
    let events = body.events.iter().map(|event| Ok(named(vocabulary.event(event)?)));
    Ok(What::Command {
        actor: body.actor.clone(),
        request: body.request.to_string(),
        cause: body.cause.map(|cause| cause.get()),
        command: command.name,
        asked: command.fields,
        verdict: match &body.outcome {
            Outcome::Accepted => Verdict::Accepted,
            Outcome::Refused { code, message } => {
                Verdict::Refused { code: *code, reason: message.clone() }
            }
        },
        events: events.collect::<Result<_, DecodeError>>()?,
    })
}

fn named(told: Told) -> Value {
    let mut fields = Map::new();
    if let Value::Object(own) = told.fields {
        fields = own;
    }
    fields.insert("event".into(), Value::String(told.name));
    Value::Object(fields)
}

/// Tells a body that is no command: its variant is the record's kind, so only what is in it is told.
fn other(body: &Body) -> What {
    let body = match serde_json::to_value(body) {
        Ok(Value::Object(fields)) => fields.into_iter().next().map_or(Value::Null, |(_, own)| own),
        Ok(_) | Err(_) => Value::Null,
    };
    What::Other { body }
}
