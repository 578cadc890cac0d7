//! Errors of this level as the Docker API writes them: `{"message": "…"}`.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};

/// Makes an error answer that also ends the connection.
pub(crate) fn closing(status: StatusCode, message: &str) -> Response<Bytes> {
    let mut response = plain(status, message);
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Makes an error answer.
pub(crate) fn plain(status: StatusCode, message: &str) -> Response<Bytes> {
    let mut response = Response::new(json(message));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Makes the bytes of an error answer that ends the connection, for use below the HTTP library.
pub(crate) fn raw(status: StatusCode, message: &str, server: &HeaderValue) -> Bytes {
    let body = json(message);
    let mut bytes = Vec::with_capacity(256);
    bytes.extend_from_slice(b"HTTP/1.1 ");
    bytes.extend_from_slice(status.as_str().as_bytes());
    bytes.push(b' ');
    bytes.extend_from_slice(status.canonical_reason().unwrap_or("Error").as_bytes());
    bytes.extend_from_slice(b"\r\nServer: ");
    bytes.extend_from_slice(server.as_bytes());
    bytes.extend_from_slice(
        b"\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ",
    );
    bytes.extend_from_slice(body.len().to_string().as_bytes());
    bytes.extend_from_slice(b"\r\n\r\n");
    bytes.extend_from_slice(&body);
    bytes.into()
}

fn json(message: &str) -> Bytes {
    let mut body = serde_json::json!({ "message": message }).to_string().into_bytes();
    body.push(b'\n');
    body.into()
}
