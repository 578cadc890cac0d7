//! Requests that another server of this machine answers: handed on over its unix socket, with who has sent them.
//!
//! The two ends are [`Onward`], in front, and [`Introduced`], which believes whoever reaches the socket: only the server in
//! front may be able to.

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONNECTION, EXPECT, TRANSFER_ENCODING, UPGRADE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::Full;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::http1;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncWriteExt as _, copy};
use tokio::net::UnixStream;
use tokio_util::task::AbortOnDropHandle;

use crate::body::RequestBody;
use crate::hijack::{raw_transport, switched_answer};
use crate::identity::{Identity, TokenKeeper, TurnedAway};
use crate::message;
use crate::peer::Peer;

/// The other server.
#[derive(Debug, Clone)]
pub struct Onward {
    socket: Arc<Path>,
}

/// The body of its answer. The connection to it ends with this value.
#[derive(Debug)]
pub struct OnwardBody(Inner);

#[derive(Debug)]
enum Inner {
    Theirs { body: Incoming, _connection: AbortOnDropHandle<()> },
    Own(Full<Bytes>),
}

/// What is behind: it believes what [`Onward`] says of who asks.
#[derive(Debug, Clone, Copy)]
pub struct Introduced;

/// Why the other server has not answered.
#[derive(Debug, thiserror::Error)]
enum OnwardError {
    #[error("connecting")]
    Connect(#[source] std::io::Error),
    #[error("asking")]
    Ask(#[source] hyper::Error),
    #[error("its request is not understood")]
    Target(#[source] http::Error),
}

/// A connection that becomes a stream of bytes: the client's end of it.
struct Switch {
    client: OnUpgrade,
    connection: AbortOnDropHandle<()>,
}

// === impl Onward ===

impl Onward {
    /// Hands on to who listens on `socket`.
    pub fn new(socket: &Path) -> Self {
        Self { socket: socket.into() }
    }

    /// Answers a request with what the other server answers, streams included; 502 where it does not.
    pub async fn answer(self, request: Request<RequestBody>) -> Response<OnwardBody> {
        match self.ask(request).await {
            Ok(answer) => answer,
            Err(error) => {
                let error = crate::connection::chain(&error);
                tracing::warn!(socket = %self.socket.display(), error, "a request was not handed on");
                OnwardBody::refusal(
                    StatusCode::BAD_GATEWAY,
                    "the server behind this one has not answered",
                )
            }
        }
    }

    async fn ask(
        &self,
        request: Request<RequestBody>,
    ) -> Result<Response<OnwardBody>, OnwardError> {
        let (mut parts, body) = request.into_parts();
        let client = parts.extensions.remove::<OnUpgrade>();
        let wants_switch = parts.headers.contains_key(UPGRADE);
        let target = parts.uri.path_and_query().cloned();
        let mut handed = Request::new(body);
        *handed.method_mut() = parts.method;
        *handed.uri_mut() = Uri::from(target.unwrap_or_else(|| PathAndQuery::from_static("/")));
        *handed.headers_mut() = for_next(parts.headers, wants_switch);
        if let Some(peer) = parts.extensions.get::<Peer>() {
            let introduction = introduce(peer).map_err(OnwardError::Target)?;
            handed.headers_mut().insert(AUTHORIZATION, introduction);
        }
        let socket = UnixStream::connect(&self.socket).await.map_err(OnwardError::Connect)?;
        let shaken = http1::handshake(TokioIo::new(socket)).await;
        let (mut sender, connection) = shaken.map_err(OnwardError::Ask)?;
        let connection = AbortOnDropHandle::new(tokio::spawn(async move {
            // Its end is the end of the answer's body, which says so.
            drop(connection.with_upgrades().await);
        }));
        let mut answer = sender.send_request(handed).await.map_err(OnwardError::Ask)?;
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            if let Some(client) = client {
                let server = switched_answer(&mut answer);
                tokio::spawn(Switch { client, connection }.run(server));
            }
            return Ok(answer.map(|_| OnwardBody(Inner::Own(Full::default()))));
        }
        answer.headers_mut().remove(CONNECTION);
        answer.headers_mut().remove(TRANSFER_ENCODING);
        Ok(answer.map(|body| OnwardBody(Inner::Theirs { body, _connection: connection })))
    }
}

/// The headers that go on: without what is this connection's alone.
fn for_next(mut headers: HeaderMap, wants_switch: bool) -> HeaderMap {
    headers.remove(EXPECT);
    headers.remove(TRANSFER_ENCODING);
    if wants_switch {
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    } else {
        headers.remove(CONNECTION);
    }
    headers
}

// === impl Switch ===

impl Switch {
    /// Moves bytes both ways until the other server ends, or the client is gone.
    async fn run(self, server: OnUpgrade) {
        let Self { client, connection } = self;
        let (server, client) = tokio::join!(server, raw_transport(client));
        drop(connection);
        let (Ok(server), Ok((client, early, _permit))) = (server, client) else {
            tracing::debug!("a stream ended before it began");
            return;
        };
        let (mut from_server, mut to_server) = tokio::io::split(TokioIo::new(server));
        let (mut from_client, mut to_client) = tokio::io::split(client);
        let up = async {
            to_server.write_all(&early).await?;
            copy(&mut from_client, &mut to_server).await?;
            // A client may end its sending half and still read.
            to_server.shutdown().await
        };
        let down = async {
            copy(&mut from_server, &mut to_client).await?;
            to_client.shutdown().await
        };
        tokio::pin!(up, down);
        let ended = tokio::select! {
            ended = &mut down => ended,
            sent = &mut up => match sent {
                Ok(()) => down.await,
                Err(error) => Err(error),
            },
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a stream was cut");
        }
    }
}

// === impl OnwardBody ===

impl OnwardBody {
    /// Makes an answer in place of the other server's.
    pub fn refusal(status: StatusCode, message: &str) -> Response<Self> {
        message::plain(status, message).map(|bytes| Self(Inner::Own(Full::new(bytes))))
    }
}

impl Body for OnwardBody {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match &mut self.0 {
            Inner::Theirs { body, .. } => Pin::new(body).poll_frame(cx).map_err(Into::into),
            Inner::Own(body) => Pin::new(body).poll_frame(cx).map_err(Into::into),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Inner::Theirs { body, .. } => body.is_end_stream(),
            Inner::Own(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Theirs { body, .. } => body.size_hint(),
            Inner::Own(body) => body.size_hint(),
        }
    }
}

// === introductions ===

/// Says who asks, in the form of a bearer token.
fn introduce(peer: &Peer) -> Result<HeaderValue, http::Error> {
    let (groups, credential) = match peer.identity.as_deref() {
        Some(identity) => (identity.groups.clone(), identity.credential.clone()),
        None => (Vec::new(), String::new()),
    };
    let said = serde_json::json!([peer.principal(), groups, credential]).to_string();
    let token = BASE64_URL_SAFE_NO_PAD.encode(said);
    Ok(HeaderValue::from_str(&format!("Bearer {token}"))?)
}

impl TokenKeeper for Introduced {
    fn holder(&self, token: &str) -> Result<Identity, TurnedAway> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok();
        let said = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let Some((principal, groups, credential)) = said else {
            return Err(TurnedAway("this is no introduction".to_owned()));
        };
        Ok(Identity { principal, groups, credential })
    }
}

impl fmt::Display for Onward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unix:{}", self.socket.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::PeerKind;

    fn introduced(identity: Option<Identity>) -> Identity {
        let peer = Peer {
            kind: PeerKind::Unix { uid: 1000, gid: 1000, pid: None },
            listener: "unix:/x".into(),
            identity: identity.map(Arc::new),
        };
        let value = introduce(&peer).unwrap();
        Introduced.holder(value.to_str().unwrap().strip_prefix("Bearer ").unwrap()).unwrap()
    }

    #[test]
    fn an_introduction_comes_as_it_was_sent() {
        let identity = Identity {
            principal: "cert:Ælice \"x\"".to_owned(),
            groups: vec!["a".to_owned(), "b c".to_owned()],
            credential: "0A".to_owned(),
        };
        assert_eq!(introduced(Some(identity.clone())), identity);
        assert_eq!(introduced(None).principal, "uid:1000");
    }

    #[test]
    fn what_is_no_introduction_is_turned_away() {
        for token in ["", "skl_1", "bm90IGpzb24", "W10"] {
            assert!(Introduced.holder(token).is_err(), "{token}");
        }
    }

    #[test]
    fn headers_of_one_connection_do_not_go_on() {
        let mut headers = HeaderMap::new();
        headers.insert(CONNECTION, HeaderValue::from_static("keep-alive"));
        headers.insert(EXPECT, HeaderValue::from_static("100-continue"));
        headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        headers.insert("x-registry-auth", HeaderValue::from_static("e30"));
        let next = for_next(headers, false);
        assert_eq!(next.keys().map(|name| name.as_str()).collect::<Vec<_>>(), ["x-registry-auth"]);
    }
}
