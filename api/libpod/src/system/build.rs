//! `POST /build`: podman's parameters in the words of Docker's builder, and its progress in podman's.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use api_http::RequestBody;
use api_types::Query;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    body::{self, Answer, Cut},
    call::{Call, query_of},
    error::Failure,
    images::bare_id,
};

/// Parameters that mean the same to both.
const SAME: &[&str] = &[
    "t",
    "q",
    "nocache",
    "rm",
    "forcerm",
    "target",
    "platform",
    "buildargs",
    "memory",
    "memswap",
    "cpushares",
    "cpuperiod",
    "cpuquota",
    "cpusetcpus",
    "cpusetmems",
    "cgroupparent",
    "shmsize",
    "extrahosts",
    "ulimits",
    "squash",
];

/// Parameters that say how its builder goes about, and ask for nothing in the image; and those that are read here.
///
/// `httpproxy` asks for the proxies of the server's own environment, which no container is given here. `outputformat` is
/// that of a manifest, which an image gets when it leaves for a registry or an archive.
const NOTES: &[&str] = &[
    "compatvolumes",
    "dockerfile",
    "httpproxy",
    "identitylabel",
    "idmappingoptions",
    "isolation",
    "jobs",
    "labels",
    "layers",
    "networkmode",
    "nsoptions",
    "omithistory",
    "output",
    "outputformat",
    "pullpolicy",
    "retry",
    "retry-delay",
    "seccomp",
    "skipunusedstages",
    "tlsVerify",
];

/// Where podman keeps its own profile of system calls: its name for the default one.
const DEFAULT_SECCOMP: &str = "/usr/share/containers/seccomp.json";

/// The numbers of `networkmode`: as usual, none, and as usual.
const NETWORK_NONE: &str = "1";

/// How steps get a namespace.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NamespaceOption {
    name: String,
    #[serde(default)]
    host: bool,
    #[serde(default)]
    path: String,
}

pub(super) async fn build(call: &Call, sent: RequestBody) -> Result<Answer, Failure> {
    let asked = dockers(&call.query()?)?;
    let pairs: Vec<_> = asked.iter().map(|(name, value)| (*name, Some(value.as_str()))).collect();
    let answer = call.pass(Method::POST, &format!("/build{}", query_of(&pairs)), sent).await?;
    // The id is the last line, as podman has it.
    let id = Arc::new(OnceLock::new());
    let found = Arc::clone(&id);
    let lines = body::retold(answer, move |line| match line["aux"]["ID"].as_str() {
        Some(_) => {
            let _ = found.set(bare_id(&line["aux"]["ID"]));
            None
        }
        None => told(line),
    });
    let last = stream::once(async move {
        let line = id.get().map(|id| format!("{}\n", json!({ "stream": format!("{id}\n") })));
        Ok::<_, Cut>(Bytes::from(line.unwrap_or_default()))
    });
    Ok(body::stream(lines.chain(last)))
}

/// Says podman's parameters in Docker's words; what is left and says something is refused.
fn dockers(query: &Query) -> Result<Vec<(&'static str, String)>, Failure> {
    let said =
        |name: &str| query.get(name).filter(|value| !["", "0", "[]", "null"].contains(value));
    let left = query.names().filter(|name| ![SAME, NOTES].concat().contains(name));
    let left: Vec<&str> = left.filter(|name| said(name).is_some()).collect();
    if !left.is_empty() {
        return Err(Failure::not_built(&left.join(", ")));
    }
    // Its client says there again what the first name is, unless the files shall go elsewhere.
    if let Some(output) = said("output").filter(|output| query.get_all("t").all(|t| t != *output)) {
        return Err(Failure::not_built(&format!("output={output}")));
    }
    if let Some(profile) = said("seccomp").filter(|profile| *profile != DEFAULT_SECCOMP) {
        return Err(Failure::not_built(&format!("seccomp={profile}")));
    }
    let mut asked: Vec<(&'static str, String)> = Vec::new();
    for name in SAME {
        asked.extend(query.get_all(name).map(|value| (*name, value.to_owned())));
    }
    // Clients of 4 send the slash where nobody asked for a platform.
    asked.retain(|(name, value)| *name != "platform" || value != "/");
    let files: Vec<String> = parsed(query, "dockerfile")?.unwrap_or_default();
    match files.as_slice() {
        [] => {}
        [file] => asked.push(("dockerfile", file.clone())),
        _ => return Err(Failure::not_built("several dockerfiles")),
    }
    let labels: Vec<String> = parsed(query, "labels")?.unwrap_or_default();
    let labels: BTreeMap<&str, &str> =
        labels.iter().map(|label| label.split_once('=').unwrap_or((label, ""))).collect();
    asked.push(("labels", json!(labels).to_string()));
    match said("pullpolicy").unwrap_or("missing") {
        "always" | "newer" => asked.push(("pull", "1".to_owned())),
        "missing" | "ifmissing" => {}
        other => return Err(Failure::not_built(&format!("pullpolicy={other}"))),
    }
    if let Some(network) = network(query)? {
        asked.push(("networkmode", network));
    }
    Ok(asked)
}

/// Reads the network of steps. Users are those of the host, as podman's own are where it runs as root.
fn network(query: &Query) -> Result<Option<String>, Failure> {
    let mut network = (query.get("networkmode") == Some(NETWORK_NONE)).then(|| "none".to_owned());
    for option in parsed::<Vec<NamespaceOption>>(query, "nsoptions")?.unwrap_or_default() {
        match (option.name.as_str(), option.host) {
            ("network", true) => network = Some("host".to_owned()),
            ("network", false) if !option.path.is_empty() => network = Some(option.path),
            ("user", true) | (_, false) if option.path.is_empty() => {}
            (name, _) => return Err(Failure::not_built(&format!("nsoptions.{name}"))),
        }
    }
    Ok(network)
}

/// Reads a value that is JSON.
fn parsed<T: serde::de::DeserializeOwned>(query: &Query, name: &str) -> Result<Option<T>, Failure> {
    let Some(text) = query.get(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    let wrong = |error| Failure::invalid(format!("failed to parse {name}: {error}"));
    serde_json::from_str::<Option<T>>(text).map_err(wrong)
}

/// Says Docker's progress in podman's words: its client knows the image by a line that is nothing but its id.
fn told(line: Value) -> Option<Value> {
    if line["error"].is_string() {
        return Some(line);
    }
    if let Some(text) = line["stream"].as_str() {
        return Some(json!({ "stream": text.strip_prefix("sha256:").unwrap_or(text) }));
    }
    crate::images::told(&line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Result<Vec<(&'static str, String)>, Failure> {
        dockers(&Query::parse(query).unwrap())
    }

    #[test]
    fn podmans_parameters_are_said_in_dockers_words() {
        let query = "t=a%3A1&dockerfile=%5B%22Containerfile%22%5D&labels=%5B%22x%3Dy%22%5D&isolation=0\
                     &networkmode=2&pullpolicy=always&layers=1&rm=1&nsoptions=%5B%7B%22Name%22%3A%22user%22%2C\
                     %22Host%22%3Atrue%2C%22Path%22%3A%22%22%7D%5D";
        let said = asked(query).unwrap();
        let said: Vec<_> = said.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let expected = [
            ("t", "a:1"),
            ("rm", "1"),
            ("dockerfile", "Containerfile"),
            ("labels", r#"{"x":"y"}"#),
            ("pull", "1"),
        ];
        assert_eq!(said, expected);
    }

    #[test]
    fn a_network_is_the_hosts_a_named_one_or_none() {
        let network = |option: &str| {
            let option = crate::call::encoded(option);
            let query = format!("networkmode=2&nsoptions={option}");
            super::network(&Query::parse(&query).unwrap())
                .map_err(|failure| failure.message().to_owned())
        };
        let host = r#"[{"Name":"network","Host":true,"Path":""}]"#;
        assert_eq!(network(host), Ok(Some("host".to_owned())));
        let named = r#"[{"Name":"network","Host":false,"Path":"n1"}]"#;
        assert_eq!(network(named), Ok(Some("n1".to_owned())));
        assert_eq!(
            network(r#"[{"Name":"pid","Host":true,"Path":""}]"#),
            Err("not built yet: nsoptions.pid".to_owned())
        );
        let none = super::network(&Query::parse("networkmode=1").unwrap());
        assert_eq!(none.unwrap_or_default(), Some("none".to_owned()));
    }

    #[test]
    fn what_would_make_another_image_is_refused_by_name() {
        for (query, name) in [
            ("secrets=id%3Dx", "secrets"),
            ("seccomp=unconfined", "seccomp=unconfined"),
            ("t=a&output=type%3Dtar", "output=type=tar"),
            ("dockerfile=%5B%22a%22%2C%22b%22%5D", "several dockerfiles"),
            ("timestamp=5&from=x", "timestamp, from"),
        ] {
            let refused = asked(query).unwrap_err();
            assert_eq!(refused.message(), format!("not built yet: {name}"));
        }
        assert!(asked("devices=%5B%5D&omithistory=0&t=a&output=a").is_ok());
    }

    #[test]
    fn an_image_is_told_by_its_id_alone() {
        let id = "ab".repeat(32);
        let stream = |text: &str| Some(json!({ "stream": text }));
        assert_eq!(told(json!({ "stream": format!("sha256:{id}\n") })), stream(&format!("{id}\n")));
        assert_eq!(told(json!({ "stream": "Step 1/2\n" })), stream("Step 1/2\n"));
        let failed = json!({ "error": "no", "errorDetail": { "message": "no" } });
        assert_eq!(told(failed.clone()), Some(failed));
    }
}
