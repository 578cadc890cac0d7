//! OCSF API Activity (class 6003 of category 6), version 1.3.0.
//!
//! What the schema has no place for is under `unmapped`, as it asks.

use journal_log::{Actor, Timestamp};
use serde_json::{Value, json};

use crate::entry::{Entry, Verdict, What};
use crate::filter::Filter;

const VERSION: &str = "1.3.0";
const CATEGORY: u32 = 6;
const CLASS: u32 = 6003;

/// What a call did to what it was about.
#[derive(Debug, Clone, Copy)]
enum Activity {
    Create = 1,
    Read = 2,
    Update = 3,
    Delete = 4,
    Other = 99,
}

/// Gives an entry's event.
pub(super) fn event(origin: &str, entry: &Entry) -> Value {
    let time = millis(&entry.time);
    let mut event = frame(origin, activity(entry), time);
    event["metadata"]["uid"] = json!(entry.seq.to_string());
    event["metadata"]["sequence"] = json!(entry.seq);
    event["metadata"]["original_time"] = json!(entry.time);
    let nobody = Actor { principal: "sockerless".into(), ..Actor::default() };
    match &entry.what {
        What::Command { actor, request, cause, command, asked, verdict, events } => {
            event["actor"] = who(actor);
            event["src_endpoint"] = endpoint(&actor.source);
            event["metadata"]["correlation_uid"] = json!(request);
            event["api"] = json!({"operation": command, "request": {"uid": request}});
            match verdict {
                Verdict::Accepted => {
                    (event["status_id"], event["status"]) = (json!(1), json!("Success"));
                }
                Verdict::Refused { code, reason } => {
                    (event["status_id"], event["status"]) = (json!(2), json!("Failure"));
                    event["status_code"] = json!(code.to_string());
                    event["status_detail"] = json!(reason);
                    event["api"]["response"] = json!({"code": code, "error": reason});
                }
            }
            event["unmapped"] = json!({"cause": cause, "fields": asked, "events": events});
        }
        What::Other { body } => {
            event["actor"] = who(&nobody);
            event["src_endpoint"] = endpoint("");
            event["api"] = json!({"operation": entry.kind});
            event["unmapped"] = json!({"fields": body});
        }
    }
    event["unmapped"]["kind"] = json!(entry.kind);
    event["unmapped"]["epoch"] = json!(entry.epoch);
    event["unmapped"]["hash"] = json!(entry.hash);
    event
}

/// Gives the event that says which records are left out: the export is a reading call itself.
pub(super) fn opening(origin: &str, filter: &Filter, span: &str, time: &str) -> Value {
    let mut event = frame(origin, Activity::Read, millis(time));
    event["metadata"]["uid"] = json!(format!("filtered-{span}"));
    event["actor"] = who(&Actor { principal: "sockerless".into(), ..Actor::default() });
    event["src_endpoint"] = endpoint("");
    event["api"] = json!({"operation": "audit.export"});
    event["unmapped"] = json!({"filter": filter});
    event
}

fn frame(origin: &str, activity: Activity, time: u64) -> Value {
    let id = activity as u32;
    json!({
        "activity_id": id,
        "activity_name": format!("{activity:?}"),
        "category_uid": CATEGORY,
        "category_name": "Application Activity",
        "class_uid": CLASS,
        "class_name": "API Activity",
        "type_uid": CLASS * 100 + id,
        "severity_id": 1,
        "severity": "Informational",
        "time": time,
        "metadata": {
            "version": VERSION,
            "product": {"name": "sockerless", "vendor_name": "sockerless"},
            "log_name": origin,
        },
    })
}

fn who(actor: &Actor) -> Value {
    let mut who = json!({"user": {"name": actor.principal}});
    if !actor.agent.is_empty() {
        who["app_name"] = json!(actor.agent);
    }
    who
}

/// Gives where a call came from; what is of the server's own making came from the server.
fn endpoint(source: &str) -> Value {
    let address = source.strip_prefix("tcp:").and_then(|address| address.parse().ok());
    match address {
        Some(std::net::SocketAddr::V4(address)) => {
            json!({"ip": address.ip().to_string(), "port": address.port()})
        }
        Some(std::net::SocketAddr::V6(address)) => {
            json!({"ip": address.ip().to_string(), "port": address.port()})
        }
        None if source.is_empty() => json!({"svc_name": "sockerless"}),
        None => json!({"name": source}),
    }
}

fn activity(entry: &Entry) -> Activity {
    let What::Command { command, .. } = &entry.what else { return Activity::Other };
    let verb = command.rsplit('.').next().unwrap_or_default();
    let begins = |words: &[&str]| words.iter().any(|word| verb.starts_with(word));
    if begins(&["observe"]) {
        Activity::Other
    } else if begins(&["create", "add", "open", "import", "load"]) {
        Activity::Create
    } else if begins(&["remove", "delete", "prune", "forget"]) {
        Activity::Delete
    } else if begins(&["save", "read"]) {
        Activity::Read
    } else {
        Activity::Update
    }
}

fn millis(time: &str) -> u64 {
    time.parse().map_or(0, |time: Timestamp| time.as_unix_nanos() / 1_000_000)
}
