//! Bodies of requests as dockerd takes them: JSON with its type named, or nothing.

use api_http::BodyError;
use api_types::GoJsonError;
use bytes::Bytes;

use crate::{call::Call, error::ApiError};

/// Bytes of a body that makes a container or an exec.
///
/// Docker's own clients send under 10 KB. Labels and variables make it longer; this is room for thousands of them,
/// and a record of it stays under the journal's limit of 1 MiB.
pub(crate) const SPEC_BYTES_MAX: usize = 256 * 1024;

/// Reads a JSON body; none at all is `None`, which most routes take for the default.
///
/// Types and texts as in moby's `httputils.ReadJSON`.
pub(crate) fn json<T>(
    call: &Call,
    body: Result<Bytes, BodyError>,
    parse: impl FnOnce(&[u8]) -> Result<T, GoJsonError>,
) -> Result<Option<T>, ApiError> {
    let body = body?;
    match call.content_type() {
        None if body.is_empty() => return Ok(None),
        None => {
            return Err(ApiError::invalid("malformed Content-Type header (): mime: no media type"));
        }
        Some(value) => check_type(&String::from_utf8_lossy(value.as_bytes()))?,
    }
    if body.is_empty() { Ok(None) } else { Ok(Some(parse(&body)?)) }
}

fn check_type(value: &str) -> Result<(), ApiError> {
    let media_type = value.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "unsupported Content-Type header ({value}): must be 'application/json'"
    )))
}
