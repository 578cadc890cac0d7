//! Two answers side by side.

use serde_json::Value;

use crate::{Difference, normal};
use tests_conformance::Reply;

/// Headers that clients of the API read.
const HEADERS: &[&str] = &[
    "content-type",
    "cache-control",
    "pragma",
    "ostype",
    "docker-experimental",
    "builder-version",
    "location",
    "www-authenticate",
    "x-docker-container-path-stat",
];

/// Longest text of a value that is shown.
const SHOWN_CHARS: usize = 200;

/// Finds where the answers to a call differ: reference first, subject second.
pub(crate) fn compare(call: &str, [reference, subject]: &[Reply; 2]) -> Vec<Difference> {
    let mut found = Found { call, all: Vec::new() };
    if reference.status != subject.status {
        found.add("status", reference.status.as_str(), subject.status.as_str());
    }
    for name in HEADERS {
        let [one, other] =
            [reference, subject].map(|reply| normal::header(name, reply.header(name)));
        if one != other {
            found.add(&format!("header {name}"), &one, &other);
        }
    }
    found.values("", &normal::body(reference), &normal::body(subject));
    found.all
}

struct Found<'c> {
    call: &'c str,
    all: Vec<Difference>,
}

impl Found<'_> {
    fn add(&mut self, place: &str, reference: &str, subject: &str) {
        self.all.push(Difference {
            call: self.call.to_owned(),
            place: if place.is_empty() { "body".to_owned() } else { place.to_owned() },
            reference: shown(reference),
            subject: shown(subject),
        });
    }

    fn values(&mut self, place: &str, reference: &Value, subject: &Value) {
        match (reference, subject) {
            (Value::Object(ones), Value::Object(others)) => {
                for (name, one) in ones {
                    let inside = format!("{place}/{name}");
                    match others.get(name) {
                        Some(other) => self.values(&inside, one, other),
                        None => self.add(&inside, &one.to_string(), "(no such field)"),
                    }
                }
                for (name, other) in others.iter().filter(|(name, _)| !ones.contains_key(*name)) {
                    self.add(&format!("{place}/{name}"), "(no such field)", &other.to_string());
                }
            }
            (Value::Array(ones), Value::Array(others)) => {
                if ones.len() != others.len() {
                    self.add(&format!("{place}/#"), &listed(ones), &listed(others));
                    return;
                }
                for (index, (one, other)) in ones.iter().zip(others).enumerate() {
                    self.values(&format!("{place}/{index}"), one, other);
                }
            }
            (one, other) if one == other => {}
            (one, other) => self.add(place, &one.to_string(), &other.to_string()),
        }
    }
}

/// A list of another length in short: of events their actions, of anything else all of it.
fn listed(entries: &[Value]) -> String {
    let actions: Vec<&str> = entries.iter().filter_map(|entry| entry["Action"].as_str()).collect();
    match actions.len() == entries.len() && !actions.is_empty() {
        true => format!("{}: {}", actions.len(), actions.join(", ")),
        false => format!("{}: {}", entries.len(), Value::from(entries.to_vec())),
    }
}

fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
