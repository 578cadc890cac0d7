//! Comma-separated values (RFC 4180).
//!
//! Text that a spreadsheet would take for a formula gets an apostrophe before it: a client chooses its own name, and an
//! auditor's spreadsheet must not run it.

use crate::entry::{Entry, Verdict, What};
use crate::filter::Filter;

const NAMES: [&str; 16] = [
    "seq", "time", "kind", "epoch", "actor", "source", "agent", "request", "cause", "command",
    "outcome", "code", "reason", "events", "fields", "hash",
];

/// Gives the line of names. That of an export which leaves records out has one more, which says so.
pub(super) fn names(filter: &Filter) -> String {
    let names = NAMES.join(",");
    if filter.is_everything() {
        return names + "\r\n";
    }
    let filter = serde_json::to_string(filter).expect("a filter is text");
    format!("{names},{}\r\n", field(&format!("filtered by {filter}")))
}

/// Gives an entry's line.
pub(super) fn line(entry: &Entry) -> String {
    let mut fields = vec![
        entry.seq.to_string(),
        entry.time.clone(),
        entry.kind.clone(),
        entry.epoch.to_string(),
    ];
    match &entry.what {
        What::Command { actor, request, cause, command, asked, verdict, events } => {
            let (outcome, code, reason) = match verdict {
                Verdict::Accepted => ("accepted", String::new(), String::new()),
                Verdict::Refused { code, reason } => ("refused", code.to_string(), reason.clone()),
            };
            let events: Vec<&str> =
                events.iter().filter_map(|event| event["event"].as_str()).collect();
            fields.extend([
                actor.principal.clone(),
                actor.source.clone(),
                actor.agent.clone(),
                request.clone(),
                cause.map_or_else(String::new, |cause| cause.to_string()),
                command.clone(),
                outcome.to_owned(),
                code,
                reason,
                events.join(" "),
                asked.to_string(),
            ]);
        }
        What::Other { body } => {
            fields.extend(std::iter::repeat_n(String::new(), 10));
            fields.push(body.to_string());
        }
    }
    fields.push(entry.hash.clone());
    let fields: Vec<String> = fields.iter().map(|text| field(text)).collect();
    fields.join(",") + "\r\n"
}

fn field(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if guard.is_empty() && !text.contains([',', '"', '\r', '\n']) {
        return text.to_owned();
    }
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}
