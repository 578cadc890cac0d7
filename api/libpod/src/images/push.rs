//! `POST /images/{name}/push`: progress a line, and the manifest's digest.

use api_docker::Addition;
use api_http::RequestBody;
use backends_images::Reference;
use http::Method;
use serde_json::{Value, json};

use super::pull;
use crate::{
    body::{self, Answer},
    call::{Call, encoded, query_of},
    error::Failure,
};

pub(super) async fn push(call: &Call, name: &str) -> Result<Answer, Failure> {
    let query = call.query()?;
    for field in ["compress", "forcecompressionformat", "removesignatures"] {
        if query.bool(field) {
            return Err(Failure::not_built(field));
        }
    }
    for field in ["compressionformat", "format"] {
        if let Some(value) = query.get(field).filter(|value| !value.is_empty()) {
            return Err(Failure::not_built(&format!("{field}={value}")));
        }
    }
    let target = query.get("destination").filter(|target| !target.is_empty()).unwrap_or(name);
    let target = target.strip_prefix(pull::FROM_REGISTRY).unwrap_or(target);
    let target = Reference::parse(target).map_err(|error| Failure::invalid(error.to_string()))?;
    let asked = query_of(&[("tag", target.tag())]);
    let path = format!("/images/{}/push{asked}", encoded(&target.familiar_name()));
    let call = call.with(Addition::PushesImage(name.to_owned()));
    let answer = call.pass(Method::POST, &path, RequestBody::of_bytes("")).await?;
    let (quiet, newer) = (query.bool("quiet"), call.is_newer());
    Ok(body::stream(body::retold(answer, move |line| told(&line, quiet, newer))))
}

/// Tells of Docker's progress in podman's words.
///
/// Clients of 4 take a line that has neither progress nor an error for a broken one, so they are told no digest.
fn told(line: &Value, quiet: bool, newer: bool) -> Option<Value> {
    match line["aux"]["Digest"].as_str() {
        Some(digest) => newer.then(|| json!({ "manifestdigest": digest })),
        None => pull::told(line).filter(|told| !quiet || told["error"].is_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_told_by_its_digest_and_a_quiet_client_gets_no_progress() {
        let pushed = json!({ "id": "ab", "status": "Pushed", "progressDetail": {} });
        assert_eq!(told(&pushed, false, true), Some(json!({ "stream": "ab: Pushed\n" })));
        assert_eq!(told(&pushed, true, true), None);
        let end = json!({ "progressDetail": {}, "aux": { "Digest": "sha256:cd" } });
        assert_eq!(told(&end, true, true), Some(json!({ "manifestdigest": "sha256:cd" })));
        assert_eq!(told(&end, false, false), None);
        assert_eq!(told(&json!({ "error": "no" }), true, false), Some(json!({ "error": "no" })));
    }
}
