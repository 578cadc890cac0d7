//! Routes of images.

mod import;
mod inspect;
mod list;
mod names;
mod pull;
mod push;
mod remove;
mod search;

use api_http::RequestBody;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    body::{self, Answer},
    call::{Call, query_of},
    containers,
    error::Failure,
};

pub(crate) use self::{
    names::{bare_id, whole_name},
    pull::told,
};

/// Answers what stands behind `/images`; a name may have several segments.
pub(crate) async fn answer(
    call: &Call,
    rest: &[&str],
    sent: RequestBody,
) -> Result<Answer, Failure> {
    match (call.method(), rest) {
        ("GET", ["json"]) => list::list(call).await,
        ("POST", ["pull"]) => pull::pull(call).await,
        ("POST", ["import"]) => import::import(call, sent).await,
        ("GET", ["search"]) => search::search(call).await,
        ("POST", ["load"]) => load(call, sent).await,
        ("POST", ["prune"]) => Ok(body::json(StatusCode::OK, &pruned(call).await?)),
        ("DELETE", ["remove"]) => remove::several(call).await,
        ("GET", ["export"]) => export(call).await,
        (method, [name @ .., what]) if !name.is_empty() && method != "DELETE" => {
            one(call, &name.join("/"), what).await
        }
        ("DELETE", name) if !name.is_empty() => remove::one(call, &name.join("/")).await,
        _ => Err(Failure::no_such_page()),
    }
}

/// Answers what is asked about one image.
async fn one(call: &Call, name: &str, what: &str) -> Result<Answer, Failure> {
    let query = call.query()?;
    match (call.method(), what) {
        ("GET", "json") => inspect::inspect(call, name).await,
        ("GET", "exists") => call.exists(&format!("/images/{name}/json")).await,
        ("GET", "history") => {
            let mut lines = call.get(&format!("/images/{name}/history")).await?;
            for line in lines.as_array_mut().into_iter().flatten() {
                line["Id"] = bare_id(&line["Id"]).into();
            }
            Ok(body::json(StatusCode::OK, &lines))
        }
        ("GET", "get") => {
            check_format(query.get("format"))?;
            call.pass_plain(Method::GET, &format!("/images/{name}/get")).await
        }
        ("POST", "tag") => {
            let asked = query_of(&[("repo", query.get("repo")), ("tag", query.get("tag"))]);
            call.post(&format!("/images/{name}/tag{asked}"), None).await?;
            Ok(body::empty(StatusCode::CREATED))
        }
        ("POST", "push") => push::push(call, name).await,
        ("POST", "untag") => remove::untag(call, name).await,
        _ => Err(Failure::not_built(&format!("images/{{name}}/{what}"))),
    }
}

/// Hands out images in an archive.
async fn export(call: &Call) -> Result<Answer, Failure> {
    let query = call.query()?;
    check_format(query.get("format"))?;
    let named: Vec<_> = query.get_all("references").map(|name| ("names", Some(name))).collect();
    call.pass_plain(Method::GET, &format!("/images/get{}", query_of(&named))).await
}

/// Refuses other formats than that of the archives that are made here.
fn check_format(format: Option<&str>) -> Result<(), Failure> {
    match format.unwrap_or_default() {
        "" | "docker-archive" => Ok(()),
        other => Err(Failure::not_built(&format!("format={other}"))),
    }
}

/// Takes an archive of images, and names what was in it.
async fn load(call: &Call, sent: RequestBody) -> Result<Answer, Failure> {
    let answer = call.pass(Method::POST, "/images/load?quiet=1", sent).await?;
    let text = pull::text(answer).await?;
    let mut names = Vec::new();
    for line in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        if let Some(error) = line["error"].as_str() {
            return Err(Failure::internal(error));
        }
        let said = line["stream"].as_str().unwrap_or_default().trim();
        let name = said.strip_prefix("Loaded image ID: ").or(said.strip_prefix("Loaded image: "));
        names.extend(name.map(whole_name));
    }
    Ok(body::json(StatusCode::OK, &json!({ "Names": names })))
}

/// Removes what nothing uses, and tells what that was.
pub(crate) async fn pruned(call: &Call) -> Result<Vec<Value>, Failure> {
    let query = call.query()?;
    let mut filters = call.filter_values()?;
    if query.bool("all") {
        filters.insert("dangling".to_owned(), json!(["false"]));
    }
    let filters = Value::Object(filters).to_string();
    let asked = query_of(&[("filters", Some(&filters))]);
    let mut said = call.post(&format!("/images/prune{asked}"), None).await?.json()?;
    let gone = said["ImagesDeleted"].as_array().into_iter().flatten();
    let gone: Vec<Value> = gone.filter_map(|item| item.get("Deleted")).map(bare_id_of).collect();
    said["ImagesDeleted"] = gone.into();
    Ok(containers::reports(&said, "ImagesDeleted"))
}

fn bare_id_of(id: &Value) -> Value {
    bare_id(id).into()
}
