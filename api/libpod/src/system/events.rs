//! `GET /events`: Docker's events in podman's words.

use http::Method;
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
    Ok(body::stream(body::retold(answer, told)))
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

/// Says an event in podman's words; `None` where it has none for it.
fn told(mut event: Value) -> Option<Value> {
    let action = podmans_word(event["Action"].as_str()?)?;
    TYPES.contains(&event["Type"].as_str()?).then_some(())?;
    event["Action"] = action.clone().into();
    event["status"] = action.into();
    let kind = event["Type"].clone();
    let mut id = event["Actor"]["ID"].clone();
    let attributes = event["Actor"]["Attributes"].as_object_mut()?;
    // Its client takes an event without it for none.
    let code = attributes.get("exitCode").cloned().unwrap_or_else(|| "0".into());
    attributes.insert("containerExitCode".to_owned(), code);
    // What its client shows of a volume is the name, of a network its name and the container.
    if kind == "volume" {
        attributes.insert("name".to_owned(), id.clone());
    } else if kind == "network" {
        let name = attributes.get("name").cloned().unwrap_or_default();
        attributes.insert("network".to_owned(), name);
        id = attributes.get("container").cloned().unwrap_or(id);
    }
    event["Actor"]["ID"] = id;
    Some(event)
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
    use serde_json::json;

    use super::*;

    #[test]
    fn an_end_is_told_with_its_code_and_what_podman_does_not_know_is_left_out() {
        let event = |kind: &str, action: &str| {
            json!({
                "Type": kind, "Action": action, "Actor": { "ID": "a", "Attributes": { "exitCode": "3" } },
            })
        };
        let died = told(event("container", "die")).unwrap();
        assert_eq!(died["Action"], "died");
        assert_eq!(died["Actor"]["Attributes"]["containerExitCode"], "3");
        assert_eq!(told(event("container", "resize")), None);
        let volume = told(event("volume", "create")).unwrap();
        assert_eq!(volume["Actor"]["Attributes"]["name"], "a");
        let mut joined = event("network", "connect");
        joined["Actor"]["Attributes"] = json!({ "name": "net", "container": "c" });
        let joined = told(joined).unwrap();
        assert_eq!(
            (&joined["Actor"]["ID"], &joined["Actor"]["Attributes"]["network"]),
            (&"c".into(), &"net".into())
        );
    }
}
