//! `POST /commit`: a container's changes become an image.

use api_http::RequestBody;
use http::StatusCode;
use serde_json::json;

use crate::{
    body::{self, Answer},
    call::{Call, query_of},
    error::Failure,
    images::bare_id,
};

pub(crate) async fn commit(call: &Call, sent: RequestBody) -> Result<Answer, Failure> {
    let query = call.query()?;
    if !body::whole(sent).await?.is_empty() {
        return Err(Failure::not_built("config"));
    }
    if query.bool("squash") {
        return Err(Failure::not_built("squash"));
    }
    // `format` is that of a manifest, which an image gets when it leaves for a registry or an archive.
    let pause = query.bool_or("pause", true).to_string();
    let mut asked = vec![
        ("container", query.get("container")),
        ("repo", query.get("repo")),
        ("tag", query.get("tag")),
        ("author", query.get("author")),
        ("comment", query.get("comment")),
        ("pause", Some(pause.as_str())),
    ];
    asked.extend(query.get_all("changes").map(|change| ("changes", Some(change))));
    let made = call.post(&format!("/commit{}", query_of(&asked)), None).await?.json()?;
    let id = bare_id(&made["Id"]);
    Ok(if query.bool("stream") {
        body::json(StatusCode::OK, &json!({ "stream": format!("{id}\n") }))
    } else {
        body::json(StatusCode::CREATED, &json!({ "Id": id }))
    })
}
