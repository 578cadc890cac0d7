//! Answers without what may differ: ids, times, addresses, sizes, paths on the host.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use regex::Regex;
use serde_json::{Value, json};

use tests_conformance::{Output, Reply};

use crate::listing::listing;

/// Fields whose numbers are of one run or one store; that they are zero is kept.
const NUMBERS: &[&str] = &[
    "Pid",
    "Created",
    "time",
    "timeNano",
    "Size",
    "VirtualSize",
    "SizeRw",
    "SizeRootFs",
    "SharedSize",
    "LayersSize",
    "NFd",
    "NGoroutines",
    "NEventsListener",
    "Containers",
    "ContainersRunning",
    "ContainersStopped",
    "ContainersPaused",
    "Images",
];

/// Fields with places on the host; that they are empty is kept.
const PLACES: &[&str] = &[
    "LogPath",
    "HostnamePath",
    "HostsPath",
    "ResolvConfPath",
    "DockerRootDir",
    "SandboxKey",
    "LowerDir",
    "MergedDir",
    "UpperDir",
    "WorkDir",
];

/// A container's mounts, which dockerd tells in no order.
const MOUNTS: &str = "Mounts";

/// The header that describes a file of a container.
const PATH_STAT: &str = "x-docker-container-path-stat";

/// What is replaced in every text, in this order.
static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"sha256:[0-9a-f]{64}", "<digest>"),
        (r"\b[0-9a-f]{64}\b", "<id>"),
        (r"\b[0-9a-f]{12}\b", "<short id>"),
        (r"\b[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "<time>"),
        (r"\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b", "<hardware address>"),
        (r"\b(172|192|10)\.\d{1,3}\.\d{1,3}\.\d{1,3}\b", "<address>"),
        (r"/\S*/volumes/(\S+)/_data", "<volumes>/$1/_data"),
        // A daemon makes a container also for steps that run nothing, and says so.
        (r" ---> Running in <short id>\nRemoving intermediate container <short id>\n", ""),
        (r"\b(Less than a second|About a minute|\d+ (seconds?|minutes?))\b", "<while>"),
    ]
    .into_iter()
    .filter_map(|(pattern, name)| Some((Regex::new(pattern).ok()?, name)))
    .collect()
});

/// The body of an answer as JSON without what may differ.
///
/// A body of several objects becomes a list, one of frames an object of both streams, any other a text.
pub(crate) fn body(reply: &Reply) -> Value {
    let mut value = parsed(reply);
    normalize(&mut value, "");
    value
}

fn parsed(reply: &Reply) -> Value {
    if reply.body.is_empty() {
        return Value::Null;
    }
    if let Ok(value) = serde_json::from_slice(&reply.body) {
        return value;
    }
    if let Some(listed) = listing(&reply.body) {
        return listed;
    }
    let objects = serde_json::Deserializer::from_slice(&reply.body).into_iter::<Value>();
    if let Ok(objects) = objects.collect::<Result<Vec<_>, _>>() {
        return Value::Array(joined(objects));
    }
    match Output::of_frames(&reply.body) {
        Ok(output) => json!({"stdout": output.out(), "stderr": output.err()}),
        Err(_) => Value::String(reply.text()),
    }
}

/// Puts texts of a build together that follow each other: where one line ends and the next begins is nobody's business.
fn joined(objects: Vec<Value>) -> Vec<Value> {
    let text = |object: &Value| {
        let fields = object.as_object().filter(|fields| fields.len() == 1)?;
        fields.get("stream")?.as_str().map(str::to_owned)
    };
    let mut all: Vec<Value> = Vec::new();
    for object in objects {
        match (all.last_mut(), text(&object)) {
            (Some(last), Some(more)) if text(last).is_some() => {
                let before = text(last).unwrap_or_default();
                *last = json!({"stream": before + &more});
            }
            _ => all.push(object),
        }
    }
    all
}

fn normalize(value: &mut Value, key: &str) {
    match value {
        Value::Object(fields) => {
            let names: Vec<String> = fields.keys().cloned().collect();
            for name in names {
                let Some(mut field) = fields.remove(&name) else { continue };
                normalize(&mut field, &name);
                fields.insert(text(&name), field);
            }
        }
        Value::Array(entries) => {
            entries.iter_mut().for_each(|entry| normalize(entry, key));
            if key == MOUNTS {
                entries.sort_by_key(|mount| mount["Destination"].to_string());
            }
        }
        Value::String(words) if PLACES.contains(&key) && !words.is_empty() => {
            "<place>".clone_into(words);
        }
        Value::String(words) => *words = text(words),
        Value::Number(number) if NUMBERS.contains(&key) && number.as_f64() != Some(0.0) => {
            *value = json!("<number>");
        }
        Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}

/// The value of a header without what may differ: of a file's description, which is JSON in base64, its time.
pub(crate) fn header(name: &str, value: &str) -> String {
    let described = (name == PATH_STAT).then(|| BASE64_STANDARD.decode(value).ok()).flatten();
    let described = described.and_then(|bytes| String::from_utf8(bytes).ok());
    text(described.as_deref().unwrap_or(value))
}

/// A text without what may differ.
pub(crate) fn text(words: &str) -> String {
    PATTERNS.iter().fold(words.to_owned(), |words, (pattern, name)| {
        pattern.replace_all(&words, *name).into_owned()
    })
}
