//! What is done round every request: rules, identity, id, headers, log, hooks, and a net for panics.

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http::header::{SERVER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::Service;
use tokio::time::Instant;

use crate::activity::Activity;
use crate::body::RequestBody;
use crate::identity::{TokenKeeper, TurnedAway};
use crate::listener::TlsEntry;
use crate::observer::{Answered, Observer, RouteTemplate};
use crate::peer::Peer;
use crate::request_id::{REQUEST_ID_HEADER, RequestId};
use crate::{bearer, framing, message};

/// A service of routes: what [`crate::Server`] serves.
///
/// Anything that takes a [`RequestBody`] and cannot fail is one; see [`crate::warp_service`].
pub trait Routes: Clone + Send + Sync + 'static {
    /// The answers' body.
    type Body: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>>
        + Send
        + Unpin
        + 'static;

    /// Answers one request.
    fn answer(
        &self,
        request: Request<RequestBody>,
    ) -> impl Future<Output = Response<Self::Body>> + Send + 'static;
}

impl<S, B> Routes for S
where
    S: Service<Request<RequestBody>, Response = Response<B>, Error = Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send + 'static,
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Body = B;

    fn answer(
        &self,
        request: Request<RequestBody>,
    ) -> impl Future<Output = Response<B>> + Send + 'static {
        self.call(request).map(|answer| match answer {
            Ok(response) => response,
            Err(never) => match never {},
        })
    }
}

/// The routes of one connection.
pub(crate) struct Envelope<R> {
    pub(crate) routes: R,
    pub(crate) context: Arc<Context>,
}

/// What is the same for all requests of one connection.
pub(crate) struct Context {
    pub(crate) peer: Peer,
    /// What is asked of who comes in by TLS.
    pub(crate) entry: Option<TlsEntry>,
    pub(crate) tokens: Option<Arc<dyn TokenKeeper>>,
    pub(crate) activity: Arc<Activity>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) server: HeaderValue,
    pub(crate) body_idle: Duration,
    /// Whether the connection is over the limit and is only told so.
    pub(crate) refusing: bool,
}

/// An answer's body; the connection counts as busy until it is dropped.
pub(crate) struct AnswerBody<B> {
    inner: Inner<B>,
    activity: Arc<Activity>,
}

enum Inner<B> {
    Route(B),
    Own(Full<Bytes>),
}

/// What of a request is needed once its answer is there.
struct Asked {
    id: RequestId,
    method: Method,
    path: String,
    since: Instant,
}

type AnswerFuture<B> =
    Pin<Box<dyn Future<Output = Result<Response<AnswerBody<B>>, Infallible>> + Send>>;

impl<R: Routes> Service<Request<Incoming>> for Envelope<R> {
    type Response = Response<AnswerBody<R::Body>>;
    type Error = Infallible;
    type Future = AnswerFuture<R::Body>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let context = Arc::clone(&self.context);
        context.activity.begin();
        let asked = Asked {
            id: RequestId::random(),
            method: request.method().clone(),
            path: if tracing::enabled!(tracing::Level::DEBUG) {
                request.uri().path().to_owned()
            } else {
                String::new()
            },
            since: Instant::now(),
        };
        let client = context.admit(&request);
        let (mut parts, incoming) = request.into_parts();
        let body = RequestBody::new(incoming, context.body_idle, Arc::clone(&context.activity));
        let client = match client {
            Ok(client) => client,
            Err(refusal) => {
                drop(body);
                let refused = context.finish(&asked, (*refusal).map(own));
                return Box::pin(std::future::ready(Ok(refused)));
            }
        };
        parts.extensions.insert(client);
        parts.extensions.insert(asked.id);
        let answer = AssertUnwindSafe(self.routes.answer(Request::from_parts(parts, body)));
        Box::pin(answer.catch_unwind().map(move |answered| {
            let response = match answered {
                Ok(response) => response.map(Inner::Route),
                // The panic's text is already in the log, by the hook; it is not for clients.
                Err(_) => {
                    message::closing(StatusCode::INTERNAL_SERVER_ERROR, "internal server error")
                        .map(own)
                }
            };
            Ok(context.finish(&asked, response))
        }))
    }
}

fn own<B>(bytes: Bytes) -> Inner<B> {
    Inner::Own(Full::new(bytes))
}

// === impl Context ===

impl Context {
    /// Says who asks, or gives the answer to a request that no route may see.
    fn admit<B>(&self, request: &Request<B>) -> Result<Peer, Box<Response<Bytes>>> {
        if self.refusing {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return Err(Box::new(message::closing(status, "too many connections")));
        }
        framing::check(request, self.peer.kind)
            .map_err(|violation| Box::new(message::closing(violation.status, violation.message)))?;
        self.client(request.headers()).map_err(|turned| {
            let mut refusal = message::closing(StatusCode::UNAUTHORIZED, &turned.0);
            let scheme = HeaderValue::from_static("Bearer");
            refusal.headers_mut().insert(WWW_AUTHENTICATE, scheme);
            Box::new(refusal)
        })
    }

    /// Says who asks: the holder of the token, else the owner of the connection's certificate, else whoever it is.
    fn client(&self, headers: &HeaderMap) -> Result<Peer, TurnedAway> {
        let mut peer = self.peer.clone();
        if let (Some(entry), Some(owner)) = (&self.entry, &peer.identity) {
            entry.keeper.still_holds(owner)?;
        }
        if let Some(tokens) = &self.tokens
            && let Some(holder) = bearer::holder(headers, &**tokens)?
        {
            peer.identity = Some(holder);
        }
        if self.entry.as_ref().is_some_and(|entry| !entry.anybody) && peer.identity.is_none() {
            return Err(TurnedAway(
                "a token is wanted here: send Authorization: Bearer TOKEN".into(),
            ));
        }
        Ok(peer)
    }

    fn finish<B>(&self, asked: &Asked, response: Response<Inner<B>>) -> Response<AnswerBody<B>> {
        let mut response =
            response.map(|inner| AnswerBody { inner, activity: Arc::clone(&self.activity) });
        let headers = response.headers_mut();
        headers.entry(SERVER).or_insert_with(|| self.server.clone());
        headers.insert(REQUEST_ID_HEADER, asked.id.header_value());
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            self.activity.switch();
        }
        let answered = Answered {
            method: &asked.method,
            route: response.extensions().get::<RouteTemplate>().copied(),
            status: response.status(),
            elapsed: asked.since.elapsed(),
        };
        tracing::debug!(
            id = %asked.id,
            peer = %self.peer,
            method = %asked.method,
            path = asked.path,
            status = answered.status.as_u16(),
            elapsed = ?answered.elapsed,
            "answered"
        );
        self.observer.answered(&answered);
        response
    }
}

// === impl AnswerBody ===

impl<B> Body for AnswerBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match &mut self.get_mut().inner {
            Inner::Route(body) => Pin::new(body).poll_frame(cx).map_err(Into::into),
            Inner::Own(body) => Pin::new(body).poll_frame(cx).map_err(Into::into),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.inner {
            Inner::Route(body) => body.is_end_stream(),
            Inner::Own(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Inner::Route(body) => body.size_hint(),
            Inner::Own(body) => body.size_hint(),
        }
    }
}

impl<B> Drop for AnswerBody<B> {
    fn drop(&mut self) {
        self.activity.end();
    }
}

/// Makes [`Routes`] of a warp filter; rejections it leaves are answered by warp.
pub fn warp_service<F>(filter: F) -> impl Routes
where
    F: warp::Filter + Clone + Send + Sync + 'static,
    F::Extract: warp::Reply,
{
    hyper_util::service::TowerToHyperService::new(warp::service(filter))
}
