//! CloudEvents 1.0.2 in JSON: `id` is the sequence number, `source` the log, `type` what was asked.

use serde_json::{Value, json};

use crate::entry::Entry;
use crate::filter::Filter;

/// What the names of all types begin with.
const TYPES: &str = "sockerless.audit";

/// Gives an entry's event. Its `sequence` is the extension of that name.
pub(super) fn event(origin: &str, entry: &Entry) -> Value {
    json!({
        "specversion": "1.0",
        "id": entry.seq.to_string(),
        "source": format!("/{origin}"),
        "type": format!("{TYPES}.{}", entry.name()),
        "time": entry.time,
        "sequence": format!("{:020}", entry.seq),
        "datacontenttype": "application/json",
        "data": entry,
    })
}

/// Gives the event that says which records are left out.
pub(super) fn opening(origin: &str, filter: &Filter, span: &str, time: &str) -> Value {
    json!({
        "specversion": "1.0",
        "id": format!("filtered-{span}"),
        "source": format!("/{origin}"),
        "type": format!("{TYPES}.export.filtered"),
        "time": time,
        "datacontenttype": "application/json",
        "data": {"filter": filter},
    })
}
