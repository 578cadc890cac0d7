//! `GET /images/{name}/json`.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{
    bare_id,
    list::{digest, names},
};
use crate::{
    body::{self, Answer},
    call::Call,
    error::Failure,
};

/// Fields of a configuration that the OCI image specification has too.
const OF_CONFIG: &[&str] = &[
    "User",
    "ExposedPorts",
    "Env",
    "Entrypoint",
    "Cmd",
    "Volumes",
    "WorkingDir",
    "Labels",
    "StopSignal",
    "ArgsEscaped",
];

pub(super) async fn inspect(call: &Call, name: &str) -> Result<Answer, Failure> {
    let dockers = call.get(&format!("/images/{name}/json")).await?;
    Ok(body::json(StatusCode::OK, &shown(&dockers)))
}

fn shown(dockers: &Value) -> Value {
    let config = &dockers["Config"];
    let kept = OF_CONFIG.iter().filter_map(|name| Some(((*name).to_owned(), config.get(*name)?)));
    let kept: Map<String, Value> = kept.map(|(name, value)| (name, value.clone())).collect();
    let tags = names(&dockers["RepoTags"]);
    json!({
        "Id": bare_id(&dockers["Id"]),
        "Digest": digest(&dockers["RepoDigests"]),
        "RepoTags": tags,
        "RepoDigests": names(&dockers["RepoDigests"]),
        "Parent": bare_id(&dockers["Parent"]),
        "Comment": dockers["Comment"],
        "Created": dockers["Created"],
        "Config": kept,
        "Version": dockers["DockerVersion"],
        "Author": dockers["Author"],
        "Architecture": dockers["Architecture"],
        "Os": dockers["Os"],
        "Size": dockers["Size"],
        "VirtualSize": dockers["Size"],
        "GraphDriver": { "Name": dockers["GraphDriver"]["Name"], "Data": {} },
        "RootFS": dockers["RootFS"],
        "Labels": config["Labels"],
        "Annotations": {},
        "ManifestType": "",
        "User": config["User"],
        "History": null,
        "NamesHistory": tags,
        "HealthCheck": config["Healthcheck"],
    })
}
