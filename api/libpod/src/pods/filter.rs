//! Which pods are listed.

use projector_containers::{KeptPod, State};
use serde_json::{Map, Value};

use super::status;
use crate::error::Failure;

/// The keys that are known.
const KEYS: &[&str] = &["id", "name", "label", "status", "ctr-ids", "ctr-names", "ctr-status"];

/// Values by key; of one key one must match, of several keys all.
#[derive(Debug)]
pub(super) struct PodFilter(Map<String, Value>);

// === impl PodFilter ===

impl PodFilter {
    pub(super) fn new(filters: Map<String, Value>) -> Result<Self, Failure> {
        match filters.keys().find(|key| !KEYS.contains(&key.as_str())) {
            Some(key) => Err(Failure::not_built(&format!("filters.{key}"))),
            None => Ok(Self(filters)),
        }
    }

    pub(super) fn takes(&self, state: &State, kept: &KeptPod) -> bool {
        self.0.iter().all(|(key, values)| {
            let values = values.as_array().into_iter().flatten().filter_map(Value::as_str);
            let mut values = values.peekable();
            values.peek().is_none() || values.any(|value| matches(state, kept, key, value))
        })
    }
}

fn matches(state: &State, kept: &KeptPod, key: &str, value: &str) -> bool {
    let mut members = kept.members.iter().filter_map(|id| state.container(id));
    match key {
        "id" => kept.pod.id.to_string().starts_with(value),
        "name" => kept.pod.name.as_str().contains(value),
        "status" => status::of(state, kept).eq_ignore_ascii_case(value),
        "ctr-ids" => members.any(|one| one.id.to_string().starts_with(value)),
        "ctr-names" => members.any(|one| one.name.as_str().contains(value)),
        "ctr-status" => members.any(|one| status::word(one) == value),
        _ => {
            let (name, wanted) = value.split_once('=').unwrap_or((value, ""));
            let has = kept.pod.labels.get(name);
            has.is_some_and(|has| wanted.is_empty() || has == wanted)
        }
    }
}
