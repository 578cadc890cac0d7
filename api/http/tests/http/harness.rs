//! A server with a few routes, and clients that speak raw bytes.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api_http::{
    BindOptions, BodyStream, Hijack, ListenAddress, Listener, NoObserver, Observer, Peer,
    RequestId, RouteTemplate, Server, ServerOptions, WebSocketError, WebSocketHandshake,
    body_bytes, body_stream, hijack, warp_service, websocket,
};
use http::{Method, StatusCode};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::Notify;
use tokio::time::timeout;
use warp::path::FullPath;
use warp::reply::Response;
use warp::{Filter, Reply};

/// Time in which everything here must happen; only a failure waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Largest body that `/echo` takes.
pub(crate) const ECHO_MAX_BYTES: usize = 100_000;

/// A running server and what its routes saw.
pub(crate) struct Harness {
    pub(crate) server: Server,
    pub(crate) seen: Seen,
    pub(crate) path: PathBuf,
    _directory: TempDir,
}

/// What the routes saw.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<SeenInner>);

#[derive(Default)]
struct SeenInner {
    requests: Mutex<Vec<String>>,
    changed: Notify,
}

/// One answer off the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Harness {
    pub(crate) async fn start(options: ServerOptions) -> Self {
        Self::observed(options, Arc::new(NoObserver)).await
    }

    pub(crate) async fn observed(options: ServerOptions, observer: Arc<dyn Observer>) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("s.sock");
        let unix = ListenAddress::Unix(path.clone());
        let tcp = "tcp://127.0.0.1:0".parse().expect("an address");
        let insecure = BindOptions { insecure_tcp: true, ..BindOptions::default() };
        let listeners = vec![
            Listener::bind(&unix, BindOptions::default()).await.expect("a unix listener"),
            Listener::bind(&tcp, insecure).await.expect("a TCP listener"),
        ];
        let seen = Seen::default();
        let routes = warp_service(routes(seen.clone()));
        let server = Server::start(listeners, routes, options, observer);
        Self { server, seen, path, _directory: directory }
    }

    pub(crate) async fn connect(&self) -> UnixStream {
        UnixStream::connect(&self.path).await.expect("a connection")
    }

    pub(crate) async fn connect_tcp(&self) -> TcpStream {
        let ListenAddress::Tcp(address) = self.server.addresses()[1] else { panic!("not TCP") };
        TcpStream::connect(address).await.expect("a connection")
    }

    /// Sends bytes over a new connection and gives all that comes back until the server closes it.
    pub(crate) async fn exchange(&self, request: &[u8]) -> Vec<Answer> {
        let mut stream = self.connect().await;
        // A server that refuses early may close before it took everything.
        let _ = stream.write_all(request).await;
        answers(&read_to_end(&mut stream).await)
    }
}

impl Seen {
    pub(crate) fn push(&self, what: String) {
        self.0.requests.lock().expect("not poisoned").push(what);
        self.0.changed.notify_waiters();
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.requests.lock().expect("not poisoned").clone()
    }

    /// Waits until the routes saw `what`.
    pub(crate) async fn wait_for(&self, what: &str) {
        let waiting = async {
            loop {
                let changed = self.0.changed.notified();
                if self.all().iter().any(|seen| seen == what) {
                    return;
                }
                changed.await;
            }
        };
        timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("never saw {what}"));
    }
}

pub(crate) async fn read_to_end(stream: &mut (impl AsyncReadExt + Unpin)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
    // A reset after the answer is an end too.
    let _ = read.expect("the server closes the connection");
    bytes
}

/// Reads one answer's head and body and leaves the connection open.
pub(crate) async fn read_answer(stream: &mut (impl AsyncReadExt + Unpin)) -> Answer {
    let mut bytes = Vec::new();
    let reading = async {
        loop {
            if let Some((answer, rest)) = split_answer(&bytes) {
                assert!(rest.is_empty(), "more than one answer: {}", text(&bytes));
                return answer;
            }
            let got = stream.read_buf(&mut bytes).await.expect("readable");
            assert_ne!(got, 0, "the connection ended: {}", text(&bytes));
        }
    };
    timeout(PATIENCE, reading).await.expect("an answer")
}

/// Splits all that came back into answers.
pub(crate) fn answers(mut bytes: &[u8]) -> Vec<Answer> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let (answer, rest) =
            split_answer(bytes).unwrap_or_else(|| panic!("not an answer: {}", text(bytes)));
        all.push(answer);
        bytes = rest;
    }
    all
}

fn split_answer(bytes: &[u8]) -> Option<(Answer, &[u8])> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = text(&bytes[..end]);
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let lower = head.to_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
    let rest = &bytes[end..];
    if lower.contains("transfer-encoding: chunked") {
        let (body, rest) = split_chunks(rest)?;
        return Some((Answer { status, head, body }, rest));
    }
    let length = length.map_or(0, |length| length.parse().expect("a length"));
    let body = rest.get(..length)?.to_vec();
    Some((Answer { status, head, body }, &rest[length..]))
}

fn split_chunks(mut bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut body = Vec::new();
    loop {
        let end = bytes.windows(2).position(|window| window == b"\r\n")?;
        let size = usize::from_str_radix(&text(&bytes[..end]), 16).expect("a chunk size");
        let chunk = bytes.get(end + 2..end + 2 + size)?;
        body.extend_from_slice(chunk);
        bytes = bytes.get(end + 2 + size + 2..)?;
        if size == 0 {
            return Some((body, bytes));
        }
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn routes(seen: Seen) -> impl Filter<Extract = (impl Reply,), Error = warp::Rejection> + Clone {
    let with_seen = {
        let seen = seen.clone();
        warp::any().map(move || seen.clone())
    };
    let attach = warp::path!("attach").and(hijack()).and(with_seen.clone()).then(attach);
    let stdin = warp::path!("attach-stdin").and(hijack()).and(with_seen.clone()).then(stream);
    let silent = warp::path!("attach-silent").and(hijack()).and(with_seen.clone()).then(silent);
    let lies = warp::path!("attach-lies").and(hijack()).and(with_seen.clone()).then(lies);
    let ws = warp::path!("ws").and(websocket()).and(with_seen.clone()).map(ws);
    let hang = warp::path!("hang").and(with_seen.clone()).then(hang);
    let panic = warp::path!("panic").map(|| -> &'static str { panic!("as the test wants") });
    let ignore = warp::path!("ignore").and(warp::post()).and(body_stream()).map(|body| {
        drop::<BodyStream>(body);
        StatusCode::CONFLICT
    });
    let peer = warp::path!("peer")
        .and(warp::ext::get::<Peer>())
        .and(warp::ext::get::<RequestId>())
        .map(|peer: Peer, id: RequestId| format!("{} {} {id}", peer.principal(), peer.listener));
    let missing = warp::path!("missing").map(|| StatusCode::NOT_FOUND);
    let any = warp::any()
        .and(warp::method())
        .and(warp::path::full())
        .and(body_bytes(ECHO_MAX_BYTES))
        .and(with_seen)
        .map(echo);
    let attach = attach.or(stdin).unify().or(silent).unify().or(lies).unify();
    let special = attach.or(ws).unify().or(hang).unify();
    special.or(panic).or(ignore).or(peer).or(missing).or(any)
}

fn echo(
    method: Method,
    path: FullPath,
    body: Result<bytes::Bytes, api_http::BodyError>,
    seen: Seen,
) -> Response {
    let (status, answer) = match body {
        Ok(body) => {
            seen.push(format!("{method} {} {}", path.as_str(), body.len()));
            (StatusCode::OK, body)
        }
        Err(error) => {
            let status = match error {
                api_http::BodyError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
                api_http::BodyError::Stalled => StatusCode::REQUEST_TIMEOUT,
                api_http::BodyError::Broken(_) => StatusCode::BAD_REQUEST,
            };
            seen.push(format!("{method} {} broken", path.as_str()));
            (status, error.to_string().into())
        }
    };
    let mut response = warp::reply::with_status(answer.to_vec(), status).into_response();
    response.extensions_mut().insert(RouteTemplate("/any"));
    response
}

/// Reads the body, as exec start does, then streams.
async fn attach(mut hijack: Hijack, seen: Seen) -> Response {
    let body = hijack.read_body(1_000).await;
    let Ok(body) = body else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    seen.push(format!("attach upgrade={} body={}", hijack.is_upgrade(), body.len()));
    stream(hijack, seen).await
}

/// Echoes what the client sends, says goodbye at its end, and remembers how it went.
async fn stream(hijack: Hijack, seen: Seen) -> Response {
    let (response, opening) = match hijack.accept("application/vnd.docker.raw-stream").await {
        Ok(accepted) => accepted,
        Err(error) => {
            seen.push(format!("not accepted: {error}"));
            return StatusCode::BAD_REQUEST.into_response();
        }
    };
    tokio::spawn(async move {
        let stream = opening.open().await.expect("a stream");
        let (mut reader, mut writer) = stream.into_split();
        let copied = copy(&mut reader, &mut writer).await;
        let _ = writer.write_all(b"bye").await;
        let _ = writer.shutdown().await;
        seen.push(format!("read {}", copied.map_or("broken".to_owned(), |n| n.to_string())));
        reader.hangup().await;
        seen.push("hangup".to_owned());
    });
    response
}

/// Reads to the end and writes nothing until the client is gone.
async fn silent(hijack: Hijack, seen: Seen) -> Response {
    let (response, opening) = hijack.accept("text/plain").await.expect("a hijack");
    tokio::spawn(async move {
        let (mut reader, _writer) = opening.open().await.expect("a stream").into_split();
        let _ = copy(&mut reader, &mut tokio::io::sink()).await;
        seen.push("read".to_owned());
        reader.hangup().await;
        seen.push("hangup".to_owned());
    });
    response
}

/// Accepts, but answers something else.
async fn lies(hijack: Hijack, seen: Seen) -> Response {
    let (_, opening) = hijack.accept("application/octet-stream").await.expect("a hijack");
    tokio::spawn(async move {
        let error = opening.open().await.expect_err("there is no stream");
        seen.push(format!("not opened: {error}"));
    });
    StatusCode::CONFLICT.into_response()
}

fn ws(handshake: Result<WebSocketHandshake, WebSocketError>, seen: Seen) -> Response {
    let handshake = match handshake {
        Ok(handshake) => handshake,
        Err(error) => {
            let status = StatusCode::BAD_REQUEST;
            return warp::reply::with_status(error.to_string(), status).into_response();
        }
    };
    let (response, opening) = handshake.accept();
    tokio::spawn(async move {
        let stream = opening.open().await.expect("a websocket");
        let (mut reader, mut writer) = tokio::io::split(stream);
        let copied = copy(&mut reader, &mut writer).await;
        let _ = writer.shutdown().await;
        seen.push(format!("ws {}", if copied.is_ok() { "ended" } else { "failed" }));
    });
    response
}

/// Answers never, and remembers that it was given up.
async fn hang(seen: Seen) -> Response {
    struct GivenUp(Seen);
    impl Drop for GivenUp {
        fn drop(&mut self) {
            self.0.push("given up".to_owned());
        }
    }
    seen.push("hanging".to_owned());
    let _given_up = GivenUp(seen);
    std::future::pending().await
}
