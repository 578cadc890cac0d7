//! Steps as people read them: what was asked, why not, and what came of it, without what only programs need.

use std::{collections::BTreeMap, fmt};

use journal_log::{Timestamp, id::SHORT_DIGITS};
use serde_json::Value;

use super::{Step, Who};
use crate::past::fields::{Fields, add, shown};

/// Fields that name what is known already, or that nobody reads.
const UNSAID: [&str; 10] = [
    "event",
    "id",
    "container",
    "name_seed",
    "endpoint",
    "number",
    "image_name",
    "key",
    "keys",
    "destroyed",
];

/// Fields of a specification that people are told: what runs.
const SPECIFIED: [&str; 3] = ["image", "entrypoint", "cmd"];

/// Parts in which fields stand that are told without the part's name.
const PARTS: [&str; 3] = ["create.", "started.", "removed."];

/// Digits of an id.
const ID_DIGITS: usize = 64;

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>8} {} {}", self.seq, self.time, self.kind)?;
        if self.who.principal != self.kind {
            write!(f, " by {}", self.who)?;
        }
        if let Some(cause) = self.cause {
            write!(f, ", because of record {cause}")?;
        }
        let asked = said(&self.asked);
        write!(f, "\n         {}", self.command)?;
        asked.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))?;
        writeln!(f)?;
        if let Some(refused) = &self.refused {
            writeln!(f, "         refused: {refused}")?;
        }
        for event in &self.events {
            write!(f, "         -> {}", event["event"].as_str().unwrap_or_default())?;
            // What was asked for in the same words has been told.
            let news =
                said(event).into_iter().filter(|(name, value)| asked.get(name) != Some(value));
            for (name, value) in news {
                write!(f, " {name}={value}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.principal)?;
        if !self.source.is_empty() {
            write!(f, " via {}", self.source)?;
        }
        if !self.agent.is_empty() {
            write!(f, " ({})", self.agent)?;
        }
        Ok(())
    }
}

/// Gives the fields that say something to people: no seeds, no ciphertexts, and of a specification what runs.
fn said(value: &Value) -> BTreeMap<String, String> {
    let mut fields = Fields::new();
    for (name, value) in value.as_object().into_iter().flatten() {
        add(&mut fields, name, value);
    }
    fields.into_iter().filter_map(|(name, value)| said_of(&name, value)).collect()
}

fn said_of(name: &str, value: Value) -> Option<(String, String)> {
    let name = PARTS.iter().find_map(|part| name.strip_prefix(part)).unwrap_or(name);
    let (name, value) = match name.split_once('.') {
        Some(("spec", specified)) if SPECIFIED.contains(&specified) => (specified, value),
        Some(("lease", "address")) => ("address", value),
        Some(("spec" | "lease", _)) => return None,
        None if name == "options" => (name, unsealed(value)?),
        Some(_) | None => (name, value),
    };
    (!UNSAID.contains(&name)).then(|| (name.to_owned(), words(name, &value)))
}

/// Leaves sealed values out, which say nothing to anybody; gives nothing where nothing else is left.
fn unsealed(options: Value) -> Option<Value> {
    let Value::Array(mut options) = options else { return Some(options) };
    options.retain(|option| option.get("SealedEnvironment").is_none());
    (!options.is_empty()).then_some(Value::Array(options))
}

/// Shows times, which stand in records as nanoseconds, as times, and ids by their beginning.
fn words(name: &str, value: &Value) -> String {
    let is_time = name.ends_with("_at") || ["at", "deadline"].contains(&name);
    if let Some(nanos) = value.as_u64().filter(|_| is_time) {
        return Timestamp::from_unix_nanos(nanos).to_string();
    }
    let is_id = |text: &&str| {
        text.len() == ID_DIGITS && text.bytes().all(|digit| digit.is_ascii_hexdigit())
    };
    match value.as_str().filter(is_id) {
        Some(id) => id[..SHORT_DIGITS].to_owned(),
        None => shown(value),
    }
}
