//! `POST /images/import`: a tar of files becomes an image.

use api_http::RequestBody;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::pull::{platform, text};
use crate::{
    body::{self, Answer},
    call::{Call, query_of},
    error::Failure,
};

pub(super) async fn import(call: &Call, sent: RequestBody) -> Result<Answer, Failure> {
    let query = call.query()?;
    let source = query.get("url").filter(|url| !url.is_empty()).unwrap_or("-");
    let platform = platform(query.get("os"), query.get("architecture"), query.get("variant"));
    let mut asked = vec![
        ("fromSrc", Some(source)),
        ("repo", query.get("reference")),
        ("message", query.get("message")),
        ("platform", platform.as_deref()),
    ];
    asked.extend(query.get_all("changes").map(|change| ("changes", Some(change))));
    let request = format!("/images/create{}", query_of(&asked));
    let said = text(call.pass(Method::POST, &request, sent).await?).await?;
    let mut id = None;
    for line in said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        if let Some(error) = line["error"].as_str() {
            return Err(Failure::internal(format!("unable to import tarball: {error}")));
        }
        // The last line is the id.
        id = line["status"].as_str().map(str::to_owned).or(id);
    }
    Ok(body::json(StatusCode::OK, &json!({ "Id": id })))
}
