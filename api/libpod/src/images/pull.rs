//! `POST /images/pull`: one JSON object a line, the last of which has the id.

use api_http::RequestBody;
use backends_images::Reference;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{Method, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use serde_json::{Value, json};

use super::bare_id;
use crate::{
    body::{self, Answer, Cut},
    call::{Call, encoded, query_of},
    error::Failure,
};

/// Bytes of the progress of one transfer: a line for each layer and megabyte of the largest images is under that.
const PROGRESS_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A transport that names a registry, which is where images are pulled from anyway.
pub(super) const FROM_REGISTRY: &str = "docker://";

pub(super) async fn pull(call: &Call) -> Result<Answer, Failure> {
    let query = call.query()?;
    if query.bool("allTags") || query.bool("alltags") {
        return Err(Failure::not_built("allTags"));
    }
    let asked = query.get("reference").unwrap_or_default();
    let reference = asked.strip_prefix(FROM_REGISTRY).unwrap_or(asked).to_owned();
    if reference.is_empty() {
        return Err(Failure::invalid("reference parameter cannot be empty"));
    }
    let present = match query.get("policy").unwrap_or("always") {
        "missing" | "" => id_of(call, &reference).await?,
        "always" | "newer" => None,
        "never" => {
            let absent =
                || Failure::absent("image not known", format!("{reference}: image not known"));
            Some(id_of(call, &reference).await?.ok_or_else(absent)?)
        }
        other => return Err(Failure::invalid(format!("unsupported pull policy {other:?}"))),
    };
    if let Some(id) = present {
        return Ok(body::json(StatusCode::OK, &json!({ "images": [id], "id": id })));
    }
    let platform = platform(query.get("os"), query.get("arch"), query.get("variant"));
    let fetched = with_tag(&reference);
    let asked = query_of(&[("fromImage", Some(&fetched)), ("platform", platform.as_deref())]);
    let request = format!("/images/create{asked}");
    let answer = match call.pass(Method::POST, &request, RequestBody::of_bytes("")).await {
        Ok(answer) => answer,
        // The head of such an answer is sent before the pull begins, so its end is told in a line.
        Err(failure) => {
            return Ok(body::json(StatusCode::OK, &json!({ "error": failure.message() })));
        }
    };
    let call = call.clone();
    let last = stream::once(async move { Ok::<_, Cut>(conclusion(&call, &reference).await) });
    Ok(body::stream(body::retold(answer, |line| told(&line)).chain(last)))
}

/// Reads the whole body of an answer as text.
pub(super) async fn text(answer: Answer) -> Result<String, Failure> {
    let collected = Limited::new(answer.into_body(), PROGRESS_BYTES_MAX).collect().await;
    let bytes = collected.map_err(|error| Failure::internal(error.to_string()))?.to_bytes();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Tells of Docker's progress in podman's words: of steps, but not of the bars that move within them.
pub(crate) fn told(line: &Value) -> Option<Value> {
    if let Some(error) = line["error"].as_str() {
        return Some(json!({ "error": error }));
    }
    let status = line["status"].as_str()?;
    let is_bar = !line["progressDetail"]["current"].is_null();
    let id = line["id"].as_str().map(|id| format!("{id}: ")).unwrap_or_default();
    (!is_bar).then(|| json!({ "stream": format!("{id}{status}\n") }))
}

/// Says which image it is now. Where it is not there, the failure was told before.
async fn conclusion(call: &Call, reference: &str) -> Bytes {
    match id_of(call, reference).await {
        Ok(Some(id)) => format!("{}\n", json!({ "images": [id], "id": id })).into(),
        Ok(None) | Err(_) => Bytes::new(),
    }
}

async fn id_of(call: &Call, reference: &str) -> Result<Option<String>, Failure> {
    match call.get(&format!("/images/{}/json", encoded(reference))).await {
        Ok(image) => Ok(Some(bare_id(&image["Id"]))),
        Err(failure) if failure.is_absent() => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Says which tag is meant where none is: Docker would take all. What is no name is for Docker to refuse.
fn with_tag(reference: &str) -> String {
    Reference::parse(reference).map_or_else(|_| reference.to_owned(), |whole| whole.familiar())
}

pub(super) fn platform(
    os: Option<&str>,
    arch: Option<&str>,
    variant: Option<&str>,
) -> Option<String> {
    let said = |part: Option<&str>| part.filter(|part| !part.is_empty()).map(str::to_owned);
    let arch = said(arch)?;
    let variant = said(variant).map(|variant| format!("/{variant}")).unwrap_or_default();
    Some(format!("{}/{arch}{variant}", said(os).unwrap_or_else(|| "linux".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_in_words_and_a_failure_by_its_reason() {
        let step = json!({ "status": "Pulling", "id": "ab", "progressDetail": {} });
        assert_eq!(told(&step), Some(json!({ "stream": "ab: Pulling\n" })));
        let bar = json!({ "status": "x", "progressDetail": { "current": 1 } });
        assert_eq!(told(&bar), None);
        let failure = json!({ "error": "no", "errorDetail": {} });
        assert_eq!(told(&failure), Some(json!({ "error": "no" })));
    }

    #[test]
    fn a_name_without_a_tag_means_the_latest() {
        assert_eq!(with_tag("busybox"), "busybox:latest");
        assert_eq!(with_tag("localhost:5000/app"), "localhost:5000/app:latest");
        assert_eq!(with_tag("app:1"), "app:1");
    }
}
