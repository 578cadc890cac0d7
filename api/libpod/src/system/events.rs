//! `GET /events`: Docker's events in podman's words.

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use http::Method;
use http_body_util::BodyExt as _;
use serde_json::{Map, Value};

use crate::{
    body::{self, Answer},
    call::{Call, query_of},
    error::Failure,
};

/// What Docker calls differently.
const WORDS: &[(&str, &str)] = &[
    ("die", "died"),
    ("destroy", "remove"),
    ("delete", "remove"),
    ("exec_create", "exec"),
    ("exec_die", "exec_died"),
    ("load", "loadfromarchive"),
];

/// What podman tells events of.
const TYPES: &[&str] = &["container", "image", "network", "volume"];

/// What both call the same.
const SAME: &[&str] = &[
    "attach",
    "build",
    "commit",
    "connect",
    "create",
    "disconnect",
    "export",
    "import",
    "kill",
    "mount",
    "pause",
    "prune",
    "pull",
    "push",
    "remove",
    "rename",
    "restart",
    "save",
    "start",
    "stop",
    "tag",
    "unmount",
    "unpause",
    "untag",
    "update",
];

pub(super) async fn events(call: &Call) -> Result<Answer, Failure> {
    let query = call.query()?;
    // Podman's client always names the end, and asks apart whether events that are still to come are wanted.
    let until = query.get("until").filter(|until| !until.is_empty());
    let until = until.or((!query.bool_or("stream", true)).then_some("0s"));
    let filters = Value::Object(dockers_filters(call.filter_values()?)).to_string();
    let asked = query_of(&[
        ("since", query.get("since").filter(|since| !since.is_empty())),
        ("until", until),
        ("filters", Some(&filters)),
    ]);
    let answer = call.pass_plain(Method::GET, &format!("/events{asked}")).await?;
    let lines = answer.into_body().into_data_stream().map_ok(|chunk| told(&chunk));
    Ok(body::stream(lines.filter(|line| {
        let silent = line.as_ref().is_ok_and(Bytes::is_empty);
        std::future::ready(!silent)
    })))
}

fn dockers_filters(mut filters: Map<String, Value>) -> Map<String, Value> {
    let asked = ["event", "status"].iter().find_map(|name| filters.remove(*name));
    if let Some(Value::Array(words)) = asked {
        let said = words.iter().filter_map(Value::as_str).flat_map(|word| {
            let ours = WORDS.iter().filter(move |(_, podmans)| *podmans == word);
            ours.map(|(dockers, _)| *dockers).chain([word])
        });
        filters.insert("event".to_owned(), said.collect());
    }
    filters
}

/// Says events in podman's words; one that podman has none for is left out. Each comes whole, in one chunk.
fn told(chunk: &[u8]) -> Bytes {
    let lines = chunk.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let events = lines.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let told = events.filter_map(|mut event| {
        let action = podmans_word(event["Action"].as_str()?)?;
        TYPES.contains(&event["Type"].as_str()?).then_some(())?;
        event["Action"] = action.clone().into();
        event["status"] = action.into();
        let attributes = event["Actor"]["Attributes"].as_object_mut()?;
        // Its client takes an event without it for none.
        let code = attributes.get("exitCode").cloned().unwrap_or_else(|| "0".into());
        attributes.insert("containerExitCode".to_owned(), code);
        Some(format!("{event}\n"))
    });
    told.collect::<String>().into()
}

fn podmans_word(dockers: &str) -> Option<String> {
    let verb = dockers.split(':').next().unwrap_or(dockers);
    if verb == "health_status" || SAME.contains(&verb) {
        return Some(verb.to_owned());
    }
    WORDS.iter().find(|(word, _)| *word == verb).map(|(_, ours)| (*ours).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_with_its_code_and_what_podman_does_not_know_is_left_out() {
        let die = br#"{"Type":"container","Action":"die","Actor":{"ID":"a","Attributes":{"exitCode":"3"}}}"#;
        let told: Value = serde_json::from_slice(&told(die)).unwrap();
        assert_eq!(told["Action"], "died");
        assert_eq!(told["Actor"]["Attributes"]["containerExitCode"], "3");
        assert!(
            super::told(br#"{"Type":"container","Action":"resize","Actor":{"Attributes":{}}}"#)
                .is_empty()
        );
    }
}
