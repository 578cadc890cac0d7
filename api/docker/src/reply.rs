//! Answers: their bodies, and the headers that tell where in the log they belong.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE};
use journal_log::Seq;
use serde::Serialize;
use warp::reply::Response;

/// Header of an answer to a changing call: the record that the call became.
pub(crate) const SEQ_HEADER: HeaderName = HeaderName::from_static("x-sockerless-seq");

/// Header of an answer to a read: the last record of the state that it was read from.
pub(crate) const AS_OF_HEADER: HeaderName = HeaderName::from_static("x-sockerless-as-of");

/// Header of an answer that a call before had, under the same key.
const REPLAYED_HEADER: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Bytes that a body has room for from the start: as many as the description of a container, the answer that is asked
/// for most, so that it does not grow step by step.
pub(crate) const JSON_BYTES: usize = 4 * 1024;

/// The same for each line of a list.
const LINE_BYTES: usize = 1024;

/// Headers that an answer has room for from the start: its own, Docker's, and those that are put on further out.
const HEADERS: usize = 12;

/// Makes an answer with a JSON body.
pub(crate) fn json<T: Serialize>(status: StatusCode, body: &T) -> Response {
    of_json(status, json_bytes(body, JSON_BYTES))
}

/// Makes an answer with a list in JSON.
pub(crate) fn json_list<T: Serialize>(status: StatusCode, lines: &Vec<T>) -> Response {
    of_json(status, json_bytes(lines, lines.len() * LINE_BYTES))
}

/// Makes an answer with a body that is JSON already.
pub(crate) fn of_json(status: StatusCode, body: Bytes) -> Response {
    let mut response = with_body(status, body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Writes JSON, closed by a line end as Go's encoder does it, into a buffer that has room for `room_bytes`.
pub(crate) fn json_bytes<T: Serialize>(body: &T, room_bytes: usize) -> Bytes {
    let mut bytes = Vec::with_capacity(room_bytes);
    serde_json::to_writer(&mut bytes, body).expect("wire types have string keys only");
    bytes.push(b'\n');
    bytes.into()
}

/// Makes an answer without a body.
pub(crate) fn empty(status: StatusCode) -> Response {
    with_body(status, Bytes::new())
}

fn with_body(status: StatusCode, body: Bytes) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    *response.headers_mut() = HeaderMap::with_capacity(HEADERS);
    response
}

/// Tells that it is the answer of a call before.
pub(crate) fn replayed(mut response: Response) -> Response {
    response.headers_mut().insert(REPLAYED_HEADER, HeaderValue::from_static("true"));
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
