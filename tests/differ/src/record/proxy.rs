//! The proxy: calls pass as they are, and are noted.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use anyhow::Result;
use bytes::Bytes;
use http::header::UPGRADE;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::UnixListener;
use tokio::task::JoinHandle;

use tests_conformance::Connection;

/// Bytes of an answer that are kept to find ids in: those that have any are short.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// One call that passed.
#[derive(Debug, Default, Clone)]
pub(super) struct Call {
    pub(super) method: String,
    pub(super) path: String,
    /// What was sent.
    pub(super) body: Bytes,
    /// Whether the connection itself was asked for.
    pub(super) upgrade: bool,
    /// The beginning of the answer's body.
    pub(super) answer: Vec<u8>,
    /// The place of its beginning among all beginnings and ends.
    pub(super) begun: usize,
    /// The place of its end; none where the client hung up.
    pub(super) ended: Option<usize>,
}

/// All calls so far.
#[derive(Debug, Default)]
struct Noted {
    calls: Vec<Call>,
    places: usize,
}

type Shared = Arc<Mutex<Noted>>;

/// A running proxy; it ends with this value.
#[derive(Debug)]
pub(super) struct Proxy {
    noted: Shared,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Listens at `socket` for clients of the endpoint at `endpoint`.
    pub(super) fn start(socket: &Path, endpoint: &Path) -> Result<Self> {
        let listener = UnixListener::bind(socket)?;
        let (noted, endpoint) = (Shared::default(), endpoint.to_owned());
        let shared = Arc::clone(&noted);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (shared, endpoint) = (Arc::clone(&shared), endpoint.clone());
                let service =
                    service_fn(move |request| pass(request, endpoint.clone(), Arc::clone(&shared)));
                let connection = hyper::server::conn::http1::Builder::new()
                    .half_close(true)
                    .serve_connection(TokioIo::new(client), service)
                    .with_upgrades();
                tokio::spawn(async move { drop(connection.await) });
            }
        });
        Ok(Self { noted, task })
    }

    /// The calls that passed, in order.
    pub(super) fn into_calls(self) -> Vec<Call> {
        std::mem::take(&mut held(&self.noted).calls)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(
    request: Request<Incoming>,
    endpoint: PathBuf,
    noted: Shared,
) -> Result<Response<Passing>, anyhow::Error> {
    let mut request = request;
    let upgrade = request.headers().contains_key(UPGRADE);
    let client = upgrade.then(|| hyper::upgrade::on(&mut request));
    let (head, body) = request.into_parts();
    let call = Call {
        method: head.method.to_string(),
        path: head.uri.to_string(),
        upgrade,
        ..Call::default()
    };
    let number = begin(&noted, call);
    let sent = body.collect().await?.to_bytes();
    held(&noted).calls[number].body = sent.clone();
    let mut connection = Connection::open(&endpoint).await?;
    let mut response = connection.send(Request::from_parts(head, Full::new(sent))).await?;
    if let Some(client) = client.filter(|_| response.status() == StatusCode::SWITCHING_PROTOCOLS) {
        let server = hyper::upgrade::on(&mut response);
        let noted = Arc::clone(&noted);
        tokio::spawn(async move {
            let _connection = connection;
            if let (Ok(client), Ok(server)) = tokio::join!(client, server) {
                let (mut client, mut server) = (TokioIo::new(client), TokioIo::new(server));
                drop(tokio::io::copy_bidirectional(&mut client, &mut server).await);
                end(&noted, number);
            }
        });
        let (head, _) = response.into_parts();
        return Ok(Response::from_parts(head, Passing::nothing()));
    }
    let (head, body) = response.into_parts();
    Ok(Response::from_parts(head, Passing { inner: Some((body, connection)), noted, number }))
}

/// An answer's body on its way.
struct Passing {
    inner: Option<(Incoming, Connection)>,
    noted: Shared,
    number: usize,
}

impl Passing {
    fn nothing() -> Self {
        Self { inner: None, noted: Shared::default(), number: 0 }
    }
}

impl Body for Passing {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = self.get_mut();
        let Some((inner, _)) = &mut this.inner else { return Poll::Ready(None) };
        let polled = Pin::new(inner).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    let answer = &mut held(&this.noted).calls[this.number].answer;
                    let room = ANSWER_BYTES_MAX - answer.len().min(ANSWER_BYTES_MAX);
                    answer.extend_from_slice(&data[..data.len().min(room)]);
                }
            }
            Poll::Ready(None) => end(&this.noted, this.number),
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        let is_over = self.inner.as_ref().is_none_or(|(inner, _)| inner.is_end_stream());
        if is_over && self.inner.is_some() {
            end(&self.noted, self.number);
        }
        is_over
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.inner.as_ref().map(|(inner, _)| inner.size_hint()).unwrap_or_default()
    }
}

fn begin(noted: &Shared, mut call: Call) -> usize {
    let mut noted = held(noted);
    call.begun = noted.places;
    noted.places += 1;
    noted.calls.push(call);
    noted.calls.len() - 1
}

fn end(noted: &Shared, number: usize) {
    let mut noted = held(noted);
    let place = noted.places;
    noted.places += 1;
    noted.calls[number].ended.get_or_insert(place);
}

fn held(noted: &Shared) -> MutexGuard<'_, Noted> {
    noted.lock().unwrap_or_else(PoisonError::into_inner)
}
