//! The only place of raw upgrades: an HTTP exchange becomes a stream of bytes.
//!
//! A client that sends `Connection: Upgrade` and `Upgrade: tcp` gets `101 UPGRADED`, and the connection is the
//! stream from then on; it never carries HTTP again. Any other client gets 200 and the output as the answer's body.

mod stream;
mod upgraded;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, UPGRADE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use hyper::ext::ReasonPhrase;
use hyper::upgrade::OnUpgrade;
use warp::{Filter, Rejection, Reply};

use crate::body::{BodyError, BodyStream, body_stream};
pub use stream::{HijackReader, HijackWriter, HijackedStream};
pub(crate) use upgraded::{raw_transport, switched_answer};

/// Bytes of a request's body that are dropped when an upgrade is accepted and the route read none.
///
/// What is not read before the switch would be taken for the stream's first bytes. Attach has no body, and the one
/// of exec start is a short object that its route reads itself.
const UNREAD_BODY_MAX_BYTES: usize = 64 * 1024;

/// A request that can become a stream.
#[derive(Debug)]
pub struct Hijack {
    upgrade: Option<OnUpgrade>,
    body: BodyStream,
}

/// A stream that begins once its answer is sent.
#[derive(Debug)]
pub struct Opening(Kind);

#[derive(Debug)]
enum Kind {
    Upgrade(OnUpgrade),
    Body(Box<HijackedStream>),
}

/// Why a request did not become a stream.
#[derive(Debug, thiserror::Error)]
pub enum HijackError {
    /// The request's body could not be read.
    #[error("reading the request's body before the upgrade failed")]
    Body(#[source] BodyError),
    /// The connection ended before the switch.
    #[error("the connection ended before it was upgraded")]
    Upgrade(#[source] hyper::Error),
    /// The route accepted the upgrade but answered something else.
    #[error("the request was answered without the upgrade")]
    NotSwitched,
    /// The connection is not one of this server's.
    #[error("the upgraded connection is of an unknown kind")]
    Transport,
}

/// Gives a [`Hijack`] for any request; whether it asks for an upgrade is seen in it.
pub fn hijack() -> impl Filter<Extract = (Hijack,), Error = Rejection> + Clone {
    warp::ext::optional::<OnUpgrade>().and(warp::header::headers_cloned()).and(body_stream()).map(
        |upgrade: Option<OnUpgrade>, headers: HeaderMap, body| Hijack {
            upgrade: upgrade.filter(|_| asks_for(&headers, "tcp")),
            body,
        },
    )
}

/// Tells whether a request asks to switch to `protocol`.
pub(crate) fn asks_for(headers: &HeaderMap, protocol: &str) -> bool {
    has_token(headers, &CONNECTION, "upgrade") && has_token(headers, &UPGRADE, protocol)
}

fn has_token(headers: &HeaderMap, name: &http::HeaderName, wanted: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|token| token.trim().eq_ignore_ascii_case(wanted))
}

// === impl Hijack ===

impl Hijack {
    /// Tells whether the client asked for an upgrade.
    pub fn is_upgrade(&self) -> bool {
        self.upgrade.is_some()
    }

    /// Reads the request's body, at most `limit_bytes`; to be called before [`Hijack::accept`].
    pub async fn read_body(&mut self, limit_bytes: usize) -> Result<Bytes, BodyError> {
        self.body.read_to_end(limit_bytes).await
    }

    /// Answers the request: 101 or 200 with `content_type`, to be returned by the route, and the stream to be
    /// opened in a task of its own.
    ///
    /// Without an upgrade, what is left of the request's body is what the stream reads.
    pub async fn accept(
        mut self,
        content_type: &'static str,
    ) -> Result<(warp::reply::Response, Opening), HijackError> {
        let content_type = HeaderValue::from_static(content_type);
        let Some(upgrade) = self.upgrade.take() else {
            let (stream, body) = HijackedStream::over_body(self.body);
            let mut response = warp::reply::stream(body).into_response();
            response.headers_mut().insert(CONTENT_TYPE, content_type);
            return Ok((response, Opening(Kind::Body(Box::new(stream)))));
        };
        self.body.read_to_end(UNREAD_BODY_MAX_BYTES).await.map_err(HijackError::Body)?;
        let mut response = switching("tcp");
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        Ok((response, Opening(Kind::Upgrade(upgrade))))
    }
}

/// Makes an answer that switches to `protocol`.
pub(crate) fn switching(protocol: &'static str) -> warp::reply::Response {
    let mut response = Response::new(Bytes::new()).into_response();
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    // Docker's own words; some clients look for them.
    response.extensions_mut().insert(ReasonPhrase::from_static(b"UPGRADED"));
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    response.headers_mut().insert(UPGRADE, HeaderValue::from_static(protocol));
    response
}

// === impl Opening ===

impl Opening {
    /// Waits until the answer is sent and gives the stream.
    ///
    /// It ends with an error when the client goes away first, or when the route did not return the answer.
    pub async fn open(self) -> Result<HijackedStream, HijackError> {
        match self.0 {
            Kind::Body(stream) => Ok(*stream),
            Kind::Upgrade(upgrade) => {
                let (socket, prefix, permit) = raw_transport(upgrade).await?;
                Ok(HijackedStream::over_socket(socket, prefix, permit))
            }
        }
    }
}
