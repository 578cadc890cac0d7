//! The files of the page, which are in the binary.

use std::borrow::Cow;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH, X_FRAME_OPTIONS},
};
use rust_embed::{Embed, EmbeddedFile};

use super::answer::{Answer, refused, whole};

/// What the page may load and reach: its own files and this server, and no script that stands in a text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// No window of another origin keeps a hold of the page's.
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// A file under a name that has its digest stays what it is.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// The bundle as `ops/setup/dashboard.sh` builds it of `ops/dashboard/src`.
#[derive(Embed)]
#[folder = "../../ops/dashboard/dist"]
struct Bundle;

/// Gives a file of the page.
pub(super) fn file(name: &str, asked: &HeaderMap) -> Answer {
    let Some(EmbeddedFile { data, metadata }) = Bundle::get(name) else {
        return refused(StatusCode::NOT_FOUND, "page not found");
    };
    let digest = metadata.sha256_hash();
    let tag: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let is_there = asked.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let (status, bytes) = match data {
        _ if is_there => (StatusCode::NOT_MODIFIED, Bytes::new()),
        Cow::Borrowed(bytes) => (StatusCode::OK, Bytes::from_static(bytes)),
        Cow::Owned(bytes) => (StatusCode::OK, bytes.into()),
    };
    let mut answer = whole(status, kind(name), bytes);
    let headers = answer.headers_mut();
    let kept = if name.starts_with("assets/") { FOR_GOOD } else { "no-cache" };
    for (name, value) in [
        (CACHE_CONTROL, kept),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_FRAME_OPTIONS, "DENY"),
        (OPENER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    answer
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
