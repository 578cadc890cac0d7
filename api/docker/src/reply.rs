//! Answers: their bodies, and the headers that tell where in the log they belong.

use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use journal_log::Seq;
use serde::Serialize;
use warp::reply::Response;

/// Header of an answer to a changing call: the record that the call became.
pub(crate) const SEQ_HEADER: &str = "x-sockerless-seq";

/// Header of an answer to a read: the last record of the state that it was read from.
pub(crate) const AS_OF_HEADER: &str = "x-sockerless-as-of";

/// Makes an answer with a JSON body, closed by a line end as Go's encoder does.
pub(crate) fn json<T: Serialize>(status: StatusCode, body: &T) -> Response {
    let mut bytes = serde_json::to_vec(body).expect("wire types have string keys only");
    bytes.push(b'\n');
    let mut response = Response::new(bytes.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Makes an answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(bytes::Bytes::new().into());
    *response.status_mut() = status;
    response
}

/// Tells the record that the call became.
pub(crate) fn in_record(mut response: Response, seq: Seq) -> Response {
    response.headers_mut().insert(SEQ_HEADER, HeaderValue::from(seq.get()));
    response
}

/// Tells the last record of the state that the answer was read from.
pub(crate) fn as_of(mut response: Response, seq: Seq) -> Response {
    response.headers_mut().insert(AS_OF_HEADER, HeaderValue::from(seq.get()));
    response
}
