//! `HEAD`, `GET` and `PUT /containers/{name}/archive`: what `podman cp` moves files by.

use api_http::RequestBody;
use api_types::GO_MODE_DIRECTORY;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderName, HeaderValue, Method};
use serde_json::Value;

use crate::{body::Answer, call::Call, error::Failure};

/// The header that tells what is at a path: JSON in base64.
const STAT: HeaderName = HeaderName::from_static("x-docker-container-path-stat");

pub(super) async fn archive(call: &Call, id: &str, sent: RequestBody) -> Result<Answer, Failure> {
    let query = call.query()?;
    let method = match call.method() {
        "PUT" => Method::PUT,
        "HEAD" => Method::HEAD,
        _ => Method::GET,
    };
    let renames = query.get("rename").is_some_and(|names| !["", "{}", "null"].contains(&names));
    if renames {
        return Err(Failure::not_built("rename"));
    }
    let path = format!("/containers/{id}/archive?{}", call.query_text());
    let mut answer = call.pass(method, &path, sent).await?;
    if let Some(stat) = answer.headers_mut().get_mut(STAT)
        && let Some(resolved) = resolved(stat, query.get("path").unwrap_or_default())
    {
        *stat = resolved;
    }
    Ok(answer)
}

/// Says where a path leads, and whether to a directory: podman's client goes by that also where it is no link.
fn resolved(stat: &HeaderValue, path: &str) -> Option<HeaderValue> {
    let mut told: Value = serde_json::from_slice(&STANDARD.decode(stat.as_bytes()).ok()?).ok()?;
    told["isDir"] = (told["mode"].as_u64().unwrap_or(0) & u64::from(GO_MODE_DIRECTORY) != 0).into();
    if told["linkTarget"].as_str().is_none_or(str::is_empty) {
        let segments = path.split('/').filter(|segment| !["", "."].contains(segment));
        let clean: String = segments.flat_map(|segment| ["/", segment]).collect();
        told["linkTarget"] = if clean.is_empty() { "/".into() } else { clean.into() };
    }
    HeaderValue::from_str(&STANDARD.encode(told.to_string())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_no_link_leads_to_itself() {
        let told = |text: &str, path: &str| -> Value {
            let stat = HeaderValue::from_str(&STANDARD.encode(text)).unwrap();
            let told = STANDARD.decode(resolved(&stat, path).unwrap()).unwrap();
            serde_json::from_slice(&told).unwrap()
        };
        let directory = told(r#"{"mode":2147484141,"linkTarget":""}"#, "/usr//bin/.");
        assert_eq!(
            (&directory["linkTarget"], &directory["isDir"]),
            (&"/usr/bin".into(), &true.into())
        );
        let link = told(r#"{"mode":511,"linkTarget":"/x"}"#, "/usr/bin");
        assert_eq!((&link["linkTarget"], &link["isDir"]), (&"/x".into(), &false.into()));
    }
}
