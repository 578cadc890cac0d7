//! One request of podman's API, and what it asks of the Docker API.

use std::sync::Arc;

use api_docker::{Addition, Caller, Context};
use api_http::RequestBody;
use api_types::Query;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{
    HeaderValue, Method, Request, StatusCode, Uri,
    header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING},
    request::Parts,
    uri::PathAndQuery,
};
use http_body_util::{BodyExt as _, Limited};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::{
    body::{self, Answer, Body},
    error::Failure,
};

/// The Docker API, as a function.
pub(crate) type Docker =
    Arc<dyn Fn(Request<RequestBody>) -> BoxFuture<'static, Answer> + Send + Sync>;

/// Bytes of an answer that is read before it is told on: room for a list of some ten thousand containers.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The first of podman's versions with the newer shapes of answers.
const NEWER: u32 = 5;

/// A call in progress.
#[derive(Clone)]
pub(crate) struct Call {
    docker: Docker,
    parts: Parts,
    major: u32,
    caller: Caller,
}

/// An answer of the Docker API that was read to its end.
#[derive(Debug)]
pub(crate) struct Said {
    /// The status.
    pub(crate) status: StatusCode,
    /// The body.
    pub(crate) bytes: Bytes,
}

// === impl Call ===

impl Call {
    /// Makes the call of a request, and gives the body apart.
    pub(crate) fn take(
        context: Arc<Context>,
        docker: Docker,
        major: u32,
        request: Request<RequestBody>,
    ) -> (Self, RequestBody) {
        let caller = Caller::of(context, &request);
        let (parts, body) = request.into_parts();
        (Self { docker, parts, major, caller }, body)
    }

    /// Gives the method.
    pub(crate) fn method(&self) -> &str {
        self.parts.method.as_str()
    }

    /// Tells whether the client knows the shapes of podman 5.
    pub(crate) const fn is_newer(&self) -> bool {
        self.major >= NEWER
    }

    /// Gives who calls, with the state and the way to change it.
    pub(crate) const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Reads the query string.
    pub(crate) fn query(&self) -> Result<Query, Failure> {
        Ok(Query::parse(self.query_text())?)
    }

    /// Reads the parameter `filters`.
    pub(crate) fn filter_values(&self) -> Result<Map<String, Value>, Failure> {
        let query = self.query()?;
        let text = query.get("filters").filter(|text| !text.is_empty()).unwrap_or("{}");
        serde_json::from_str(text).map_err(|_| Failure::invalid(format!("invalid filter: {text}")))
    }

    /// Gives the query string as the client wrote it.
    pub(crate) fn query_text(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }

    /// Asks for what is there.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.ask(Method::GET, path, None).await?.json()
    }

    /// Tells that there is what the Docker API shows at a path.
    pub(crate) async fn exists(&self, path: &str) -> Result<Answer, Failure> {
        self.get(path).await?;
        Ok(body::empty(StatusCode::NO_CONTENT))
    }

    /// Gives the query string that hands the client's filters on as they are.
    pub(crate) fn same_filters(&self) -> Result<String, Failure> {
        Ok(query_of(&[("filters", self.query()?.get("filters"))]))
    }

    /// Has something done that says nothing of interest.
    pub(crate) async fn post(&self, path: &str, body: Option<&Value>) -> Result<Said, Failure> {
        self.ask(Method::POST, path, body).await
    }

    /// Asks the Docker API, and reads the answer; a refusal is a failure.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Said, Failure> {
        let bytes = body.map(|body| body.to_string()).unwrap_or_default();
        let has_body = body.is_some();
        let mut request = self.request(method, path, RequestBody::of_bytes(bytes));
        let headers = request.headers_mut();
        for name in [CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING] {
            headers.remove(name);
        }
        if has_body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        read((self.docker)(request).await).await
    }

    /// Hands the client's body on, and the answer back as it comes; a refusal is in podman's shape.
    pub(crate) async fn pass(
        &self,
        method: Method,
        path: &str,
        body: RequestBody,
    ) -> Result<Answer, Failure> {
        let answer = (self.docker)(self.request(method, path, body)).await;
        if answer.status().is_client_error() || answer.status().is_server_error() {
            return Err(read(answer).await.err().unwrap_or_else(Failure::no_such_page));
        }
        Ok(answer)
    }

    /// Asks the Docker API as [`Call::pass`] does, without a body.
    pub(crate) async fn pass_plain(&self, method: Method, path: &str) -> Result<Answer, Failure> {
        let mut plain = self.clone();
        plain.parts.headers.remove(CONTENT_LENGTH);
        plain.parts.headers.remove(TRANSFER_ENCODING);
        plain.pass(method, path, RequestBody::of_bytes(Bytes::new())).await
    }

    /// Has its questions carry something that the Docker API looks for.
    pub(crate) fn with(&self, addition: Addition) -> Self {
        let mut with = self.clone();
        with.parts.extensions.insert(addition);
        with
    }

    fn request(&self, method: Method, path: &str, body: RequestBody) -> Request<RequestBody> {
        let mut parts = self.parts.clone();
        // What is put together of encoded parts is a target; were it not, no route would answer it.
        let target = PathAndQuery::try_from(path);
        parts.uri = Uri::from(target.unwrap_or_else(|_| PathAndQuery::from_static("/")));
        parts.method = method;
        Request::from_parts(parts, body)
    }
}

/// Reads an answer; a refusal is a failure.
async fn read(answer: Answer) -> Result<Said, Failure> {
    let (head, body): (_, Body) = answer.into_parts();
    let collected = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
    let bytes = collected.map_err(|error| Failure::internal(error.to_string()))?.to_bytes();
    let status = head.status;
    if status.is_client_error() || status.is_server_error() {
        return Err(Failure::of_docker(status, &bytes));
    }
    Ok(Said { status, bytes })
}

/// Writes a text so that it can stand in a path or a query.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Writes a query string; what is `None` is left out.
pub(crate) fn query_of(pairs: &[(&str, Option<&str>)]) -> String {
    let pairs = pairs.iter().filter_map(|(name, value)| Some((name, (*value)?)));
    let written: Vec<String> =
        pairs.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    if written.is_empty() { String::new() } else { format!("?{}", written.join("&")) }
}

// === impl Said ===

impl Said {
    /// Reads the body as JSON.
    pub(crate) fn json(&self) -> Result<Value, Failure> {
        serde_json::from_slice(&self.bytes).map_err(|error| Failure::internal(error.to_string()))
    }
}
