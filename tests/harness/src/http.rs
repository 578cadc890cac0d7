//! HTTP/1.1 over a unix socket: one request on a connection of its own, or many on one that is kept.

mod pending;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, UPGRADE, USER_AGENT};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::UnixStream;
use tokio::task::JoinHandle;

pub use self::pending::Pending;
use crate::stream::Hijacked;

/// A connection that is kept between requests.
#[derive(Debug)]
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    task: JoinHandle<()>,
}

/// A client that opens a connection for each request.
#[derive(Debug, Clone)]
pub struct Client {
    socket: PathBuf,
    prefix: String,
    agent: Option<String>,
    token: Option<String>,
    refusal: Refusal,
}

/// What the last answer said, where it was a 501: how an endpoint tells what it does not do at all.
#[derive(Debug, Clone, Default)]
pub struct Refusal(Arc<Mutex<Option<String>>>);

/// An answer with its whole body.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, as it came.
    pub body: Bytes,
}

impl Connection {
    /// Connects to the unix socket `socket`.
    pub async fn open(socket: &Path) -> Result<Self> {
        let stream = UnixStream::connect(socket)
            .await
            .with_context(|| format!("connecting to {}", socket.display()))?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        let task = tokio::spawn(async move {
            // How a connection ended is told by the request that was on it.
            let _ = connection.with_upgrades().await;
        });
        Ok(Self { sender, task })
    }

    /// Sends a request and returns the answer as soon as its head is there.
    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>> {
        self.sender.ready().await?;
        Ok(self.sender.send_request(request).await?)
    }

    /// Sends a request and reads the whole answer.
    pub async fn exchange(&mut self, request: Request<Full<Bytes>>) -> Result<Reply> {
        let response = self.send(request).await?;
        Reply::read(response).await
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Client {
    /// A client of the endpoint at `socket`, for paths without a version.
    pub fn new(socket: &Path) -> Self {
        let (socket, prefix) = (socket.to_owned(), String::new());
        Self { socket, prefix, agent: None, token: None, refusal: Refusal::default() }
    }

    /// The same client, which notes refusals in `refusal`.
    pub fn noting(self, refusal: &Refusal) -> Self {
        Self { refusal: refusal.clone(), ..self }
    }

    /// The same client under a name of its own, which it tells as its user agent.
    pub fn agent(&self, agent: &str) -> Self {
        Self { agent: Some(agent.to_owned()), ..self.clone() }
    }

    /// The same client, which shows a bearer token with each call.
    pub fn token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same client, for paths of one API version such as `1.41`.
    pub fn version(&self, version: &str) -> Self {
        Self { prefix: format!("/v{version}"), ..self.clone() }
    }

    /// The same client, for paths with `prefix` in front, such as `/at/12`.
    pub fn behind(&self, prefix: &str) -> Self {
        Self { prefix: format!("{prefix}{}", self.prefix), ..self.clone() }
    }

    /// Sends GET.
    pub async fn get(&self, path: &str) -> Result<Reply> {
        self.call(Method::GET, path, None).await
    }

    /// Sends HEAD.
    pub async fn head(&self, path: &str) -> Result<Reply> {
        self.call(Method::HEAD, path, None).await
    }

    /// Sends DELETE.
    pub async fn delete(&self, path: &str) -> Result<Reply> {
        self.call(Method::DELETE, path, None).await
    }

    /// Sends POST without a body.
    pub async fn post(&self, path: &str) -> Result<Reply> {
        self.call(Method::POST, path, None).await
    }

    /// Sends POST with a JSON body.
    pub async fn post_json(&self, path: &str, body: &Value) -> Result<Reply> {
        self.call(Method::POST, path, Some(("application/json", body.to_string().into()))).await
    }

    /// Sends POST with a tar archive as its body.
    pub async fn post_tar(&self, path: &str, body: impl Into<Bytes>) -> Result<Reply> {
        self.call(Method::POST, path, Some(("application/x-tar", body.into()))).await
    }

    /// Sends a request with a body of any type.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, Bytes)>,
    ) -> Result<Reply> {
        let mut connection = Connection::open(&self.socket).await?;
        let mut request = request(method, &format!("{}{path}", self.prefix), body)?;
        if let Some(agent) = &self.agent {
            request.headers_mut().insert(USER_AGENT, agent.parse()?);
        }
        if let Some(token) = &self.token {
            request.headers_mut().insert(AUTHORIZATION, format!("Bearer {token}").parse()?);
        }
        let reply = connection.exchange(request).await?;
        self.refusal.note(&reply);
        Ok(reply)
    }

    /// Sends POST with a JSON body under an `Idempotency-Key`.
    pub async fn post_json_once(&self, path: &str, key: &str, body: &Value) -> Result<Reply> {
        let mut connection = Connection::open(&self.socket).await?;
        let body = Some(("application/json", body.to_string().into()));
        let mut request = request(Method::POST, &format!("{}{path}", self.prefix), body)?;
        request.headers_mut().insert("idempotency-key", key.parse().context("a key")?);
        let reply = connection.exchange(request).await?;
        self.refusal.note(&reply);
        Ok(reply)
    }

    /// Sends a request and returns the answer with its body still to come, on its connection.
    pub async fn open(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(Connection, Response<Incoming>)> {
        let mut connection = Connection::open(&self.socket).await?;
        let body = body.map(|value| ("application/json", value.to_string().into()));
        let request = request(method, &format!("{}{path}", self.prefix), body)?;
        let response = connection.send(request).await?;
        Ok((connection, response))
    }

    /// Sends an archive by POST and returns the answer with its body still to come, on its connection.
    pub async fn open_tar(
        &self,
        path: &str,
        body: impl Into<Bytes>,
    ) -> Result<(Connection, Response<Incoming>)> {
        let mut connection = Connection::open(&self.socket).await?;
        let body = Some(("application/x-tar", body.into()));
        let request = request(Method::POST, &format!("{}{path}", self.prefix), body)?;
        let response = connection.send(request).await?;
        Ok((connection, response))
    }

    /// Sends POST and asks for the connection itself, as attach and exec do.
    ///
    /// An answer other than 101 is an error that holds the endpoint's message.
    pub async fn hijack(&self, path: &str, body: Option<&Value>) -> Result<Hijacked> {
        let mut connection = Connection::open(&self.socket).await?;
        let body = body.map(|value| ("application/json", value.to_string().into()));
        let mut request = request(Method::POST, &format!("{}{path}", self.prefix), body)?;
        request.headers_mut().insert(CONNECTION, "Upgrade".parse()?);
        request.headers_mut().insert(UPGRADE, "tcp".parse()?);
        let mut response = connection.send(request).await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            let reply = Reply::read(response).await?;
            self.refusal.note(&reply);
            anyhow::bail!("{path} answered {}: {}", reply.status, reply.message());
        }
        let headers = response.headers().clone();
        let upgraded = hyper::upgrade::on(&mut response).await?;
        Ok(Hijacked::new(headers, upgraded, connection))
    }
}

impl Refusal {
    /// What the last answer said, where it was a 501 that said anything.
    pub fn said(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, reply: &Reply) {
        let said = (reply.status == StatusCode::NOT_IMPLEMENTED).then(|| reply.message());
        let said = said.filter(|message| !message.is_empty());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = said;
    }
}

impl Reply {
    /// Reads the rest of an answer.
    pub async fn read(response: Response<Incoming>) -> Result<Self> {
        let (head, body) = response.into_parts();
        let body = body.collect().await.context("reading the body")?.to_bytes();
        Ok(Self { status: head.status, headers: head.headers, body })
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body)
            .with_context(|| format!("{} with no JSON: {}", self.status, self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// What an error says: its `message`, or the body where there is none.
    pub fn message(&self) -> String {
        let message =
            self.json().ok().and_then(|value| value["message"].as_str().map(str::to_owned));
        message.unwrap_or_else(|| self.text())
    }

    /// A header as text; empty where it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Returns itself when the status is `wanted`, else an error with what the endpoint said.
    pub fn expect_status(self, wanted: u16) -> Result<Self> {
        ensure!(
            self.status.as_u16() == wanted,
            "wanted {wanted}, got {}: {}",
            self.status,
            self.message()
        );
        Ok(self)
    }
}

/// Makes a request for the endpoint, with the headers that Docker's clients send.
pub fn request(
    method: Method,
    path: &str,
    body: Option<(&str, Bytes)>,
) -> Result<Request<Full<Bytes>>> {
    let builder = Request::builder().method(method).uri(path).header(HOST, "docker");
    let request = match body {
        Some((kind, bytes)) => builder.header(CONTENT_TYPE, kind).body(Full::new(bytes)),
        None => builder.body(Full::default()),
    };
    request.with_context(|| format!("making a request for {path}"))
}
