//! `GET /images/json`.

use http::StatusCode;
use serde_json::{Value, json};

use super::{bare_id, whole_name};
use crate::{
    body::{self, Answer},
    call::{Call, query_of},
    error::Failure,
};

pub(super) async fn list(call: &Call) -> Result<Answer, Failure> {
    let query = call.query()?;
    let all = query.bool("all").to_string();
    let asked = query_of(&[("all", Some(&all)), ("filters", query.get("filters"))]);
    let shown = call.get(&format!("/images/json{asked}")).await?;
    let lines: Vec<Value> = shown.as_array().into_iter().flatten().map(line).collect();
    Ok(body::json(StatusCode::OK, &lines))
}

/// Writes names with their registries.
pub(super) fn names(dockers: &Value) -> Vec<String> {
    let names = dockers.as_array().into_iter().flatten().filter_map(Value::as_str);
    names.map(whole_name).collect()
}

fn line(summary: &Value) -> Value {
    let tags = names(&summary["RepoTags"]);
    json!({
        "Id": bare_id(&summary["Id"]),
        "ParentId": bare_id(&summary["ParentId"]),
        "RepoTags": tags,
        "RepoDigests": names(&summary["RepoDigests"]),
        "Created": summary["Created"],
        "Size": summary["Size"],
        "SharedSize": 0,
        "VirtualSize": summary["Size"],
        "Labels": summary["Labels"],
        "Containers": summary["Containers"].as_i64().unwrap_or(0).max(0),
        "Dangling": tags.is_empty(),
        "Names": tags,
        "Digest": digest(&summary["RepoDigests"]),
        "History": tags,
    })
}

/// Gives the digest that an image has in its registry.
pub(super) fn digest(digests: &Value) -> String {
    let first = digests.as_array().and_then(|all| all.first()).and_then(Value::as_str);
    let digest = first.and_then(|first| first.split_once('@')).map(|(_, digest)| digest);
    digest.unwrap_or_default().to_owned()
}
