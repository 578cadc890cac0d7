//! Bodies of requests and answers.

use std::{error::Error, fmt, future::Future, time::Duration};

use api_http::RequestBody;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, TryStreamExt, stream};
use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full, Limited, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Frame;
use serde::Serialize;
use serde_json::Value;
use tokio::time::sleep;

use crate::error::Failure;

/// Bytes of a body: as many as a Docker request to create a container may have, which most become.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// Why the body of an answer ended early.
#[derive(Debug)]
pub(crate) struct Cut(Box<dyn Error + Send + Sync>);

/// The body of an answer.
pub(crate) type Body = UnsyncBoxBody<Bytes, Cut>;

/// An answer.
pub(crate) type Answer = Response<Body>;

/// Reads a request's body.
pub(crate) async fn whole(body: RequestBody) -> Result<Bytes, Failure> {
    let collected = Limited::new(body, BODY_BYTES_MAX).collect().await;
    Ok(collected.map_err(|error| Failure::invalid(error.to_string()))?.to_bytes())
}

/// Makes an answer of JSON.
pub(crate) fn json<T: Serialize>(status: StatusCode, value: &T) -> Answer {
    let mut bytes = serde_json::to_vec(value).expect("answers have string keys only");
    bytes.push(b'\n');
    let mut answer = Response::new(of_bytes(bytes));
    *answer.status_mut() = status;
    let kind = HeaderValue::from_static("application/json");
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}

/// Makes an answer without a body.
pub(crate) fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(of_bytes(Bytes::new()));
    *answer.status_mut() = status;
    answer
}

/// Makes a body of bytes.
pub(crate) fn of_bytes(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// Says the lines of an answer of the Docker API in podman's words; one that `told` has none for is left out.
///
/// Each comes whole, in one chunk.
pub(crate) fn retold(
    answer: Answer,
    told: impl Fn(Value) -> Option<Value> + Send + 'static,
) -> impl Stream<Item = Result<Bytes, Cut>> + Send + 'static {
    answer.into_body().into_data_stream().map_ok(move |chunk| retold_lines(&chunk, &told))
}

fn retold_lines(chunk: &[u8], told: impl Fn(Value) -> Option<Value>) -> Bytes {
    let lines = chunk.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let lines = lines.filter_map(|line| serde_json::from_slice(line).ok());
    lines.filter_map(told).map(|line| format!("{line}\n")).collect::<String>().into()
}

/// Makes an answer whose body comes by and by, as JSON. Empty chunks are left out.
pub(crate) fn stream(chunks: impl Stream<Item = Result<Bytes, Cut>> + Send + 'static) -> Answer {
    let chunks = chunks.filter(|chunk| {
        let silent = chunk.as_ref().is_ok_and(Bytes::is_empty);
        std::future::ready(!silent)
    });
    let body = StreamBody::new(chunks.map_ok(Frame::data)).boxed_unsync();
    let mut answer = Response::new(body);
    let kind = HeaderValue::from_static("application/json");
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}

/// Makes an answer of lines of JSON: the one that is there, and after each pause the next.
pub(crate) fn lines<N>(
    first: Value,
    pause: Duration,
    next: impl Fn() -> N + Send + 'static,
) -> Answer
where
    N: Future<Output = Result<Value, Failure>> + Send + 'static,
{
    stream(stream::try_unfold((Some(first), next), move |(ready, next)| async move {
        let line = match ready {
            Some(line) => line,
            None => {
                sleep(pause).await;
                let line = next();
                line.await.map_err(|failure| Cut::new(failure.message()))?
            }
        };
        Ok(Some((Bytes::from(format!("{line}\n")), (None, next))))
    }))
}

// === impl Cut ===

impl Cut {
    pub(crate) fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Cut {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_are_retold_one_by_one_and_some_not_at_all() {
        let told = |line: Value| line["a"].is_null().then(|| json!({ "b": line["b"] }));
        assert_eq!(retold_lines(b"{\"a\":1}\n{\"b\":2}\n\nno JSON\n", told), "{\"b\":2}\n");
    }
}
