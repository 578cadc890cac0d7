//! Answers of the page: their bodies, and the headers that keep foreign pages out.

use std::error::Error;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http::{
    HeaderName, HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Frame;
use serde::Serialize;

/// Why a body ended early.
pub(super) type Cut = Box<dyn Error + Send + Sync>;

/// The body of an answer.
pub(crate) type Body = UnsyncBoxBody<Bytes, Cut>;

/// An answer.
pub(crate) type Answer = Response<Body>;

/// Headers of every answer: it is what it says it is, and no other origin's.
const GUARDS: [(HeaderName, &str); 3] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Makes an answer of bytes.
pub(super) fn whole(status: StatusCode, kind: &'static str, bytes: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(bytes).map_err(|never| match never {}).boxed_unsync());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

/// Makes an answer of JSON.
pub(super) fn json<T: Serialize>(value: &T) -> Answer {
    let bytes = serde_json::to_vec(value).expect("answers have string keys only");
    whole(StatusCode::OK, "application/json", bytes.into())
}

/// Makes an answer whose lines come by and by.
pub(super) fn lines(lines: impl Stream<Item = Bytes> + Send + 'static) -> Answer {
    let body = StreamBody::new(lines.map(|line| Ok(Frame::data(line)))).boxed_unsync();
    let mut answer = Response::new(body);
    let kind = HeaderValue::from_static("application/x-ndjson");
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}

/// Refuses, in the form of the Docker API.
pub(super) fn refused(status: StatusCode, message: &str) -> Answer {
    let body = serde_json::json!({ "message": message }).to_string();
    whole(status, "application/json", body.into())
}

/// Has an answer kept by nobody: what is shown is of a moment, and for who asked.
pub(super) fn not_kept(mut answer: Answer) -> Answer {
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// Gives an answer the headers that every one has.
pub(super) fn guarded(mut answer: Answer) -> Answer {
    for (name, value) in GUARDS {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}
