//! `GET /images/search`.

use http::StatusCode;
use serde_json::{Value, json};

use super::whole_name;
use crate::{
    body::{self, Answer},
    call::{Call, query_of},
    error::Failure,
};

pub(super) async fn search(call: &Call) -> Result<Answer, Failure> {
    let query = call.query()?;
    if query.bool("listTags") || query.bool("listtags") {
        return Err(Failure::not_built("listTags"));
    }
    let limit = query.get("limit").filter(|limit| !["", "0"].contains(limit));
    let asked = query_of(&[
        ("term", query.get("term")),
        ("limit", limit),
        ("filters", query.get("filters")),
    ]);
    let found = call.get(&format!("/images/search{asked}")).await?;
    let lines: Vec<Value> = found.as_array().into_iter().flatten().map(line).collect();
    Ok(body::json(StatusCode::OK, &lines))
}

fn line(found: &Value) -> Value {
    let name = whole_name(found["name"].as_str().unwrap_or_default());
    let mark = |field: &str| if found[field] == true { "[OK]" } else { "" };
    json!({
        "Index": name.split('/').next(),
        "Name": name,
        "Description": found["description"],
        "Stars": found["star_count"],
        "Official": mark("is_official"),
        "Automated": mark("is_automated"),
        "Tag": "",
    })
}
