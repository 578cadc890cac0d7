//! What part of the log an export has.

use journal_log::{JournalReader, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::entry::{Entry, Vocabulary, What};
use crate::export::ExportError;

/// Letters of an identity from which on a part of it is taken for the whole.
const ID_PART_MIN: usize = 12;

/// What part of the log an export has; everything where nothing is set.
///
/// An export that leaves records out cannot prove that it has all of its part, only that what it has is in the log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// Records of this time or later, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Records before this time, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Commands of this principal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Records about the containers with these identities, beginnings of them, or names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<String>,
}

// === impl Filter ===

impl Filter {
    /// Tells whether nothing is left out.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Tells whether `entry` is of this part.
    pub fn takes(&self, entry: &Entry) -> bool {
        // Times are written with nine digits, in which form they sort as text.
        self.since.as_ref().is_none_or(|since| entry.time >= *since)
            && self.until.as_ref().is_none_or(|until| entry.time < *until)
            && self.actor.as_ref().is_none_or(|wanted| is_of(entry, wanted))
            && (self.containers.is_empty()
                || self.containers.iter().any(|wanted| is_about(entry, wanted)))
    }

    /// Puts the times into the form in which the log's are written.
    pub fn normalised(mut self) -> Result<Self, journal_log::ParseTimestampError> {
        for time in [&mut self.since, &mut self.until].into_iter().flatten() {
            *time = time.parse::<Timestamp>()?.to_string();
        }
        Ok(self)
    }
}

/// Finds the identities of all containers that ever had `name`, which is one of what is returned.
///
/// Refused commands have no events, and tell what they were about in the client's words only.
pub fn containers_named(
    name: &str,
    reader: &dyn JournalReader,
    vocabulary: &dyn Vocabulary,
) -> Result<Vec<String>, ExportError> {
    let name = name.trim_start_matches('/');
    let mut found = vec![name.to_owned()];
    let mut is_known = is_id_part(name);
    for record in reader.read(reader.first())? {
        let record = record?;
        let entry = Entry::of(&record, vocabulary)
            .map_err(|source| ExportError::Decode { seq: record.header.seq, source })?;
        let What::Command { events, .. } = &entry.what else { continue };
        for event in events {
            let Some(id) = event["id"].as_str().filter(|_| gives_name(event, name)) else {
                continue;
            };
            is_known = true;
            if found.iter().all(|known| known != id) {
                found.push(id.to_owned());
            }
        }
    }
    if is_known { Ok(found) } else { Err(ExportError::NoContainer { name: name.to_owned() }) }
}

fn gives_name(event: &Value, name: &str) -> bool {
    (event["event"] == "container.created" || event["event"] == "container.renamed")
        && event["name"].as_str().is_some_and(|own| own.trim_start_matches('/') == name)
}

fn is_id_part(text: &str) -> bool {
    text.len() >= ID_PART_MIN && text.bytes().all(|letter| letter.is_ascii_hexdigit())
}

fn is_of(entry: &Entry, wanted: &str) -> bool {
    match &entry.what {
        What::Command { actor, .. } => actor.principal == wanted,
        What::Other { .. } => false,
    }
}

fn is_about(entry: &Entry, wanted: &str) -> bool {
    match &entry.what {
        What::Command { asked, events, .. } => {
            names(asked, wanted) || events.iter().any(|event| names(event, wanted))
        }
        What::Other { .. } => false,
    }
}

/// Looks for a container in the fields that name one.
fn names(value: &Value, wanted: &str) -> bool {
    match value {
        Value::Object(fields) => fields.iter().any(|(key, value)| match value {
            Value::String(text) => is_named(key, text.trim_start_matches('/'), wanted),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
            Value::Array(_) | Value::Object(_) => names(value, wanted),
        }),
        Value::Array(values) => values.iter().any(|value| names(value, wanted)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// `target` is in the client's words: a name, an identity, or the beginning of one.
fn is_named(key: &str, text: &str, wanted: &str) -> bool {
    let is_id = is_id_part(wanted);
    match key {
        "id" | "container" | "Container" => is_id && text.starts_with(wanted),
        "target" if is_id && is_id_part(text) => {
            text.starts_with(wanted) || wanted.starts_with(text)
        }
        "target" | "name" => text == wanted,
        _ => false,
    }
}

#[cfg(test)]
mod tests;
