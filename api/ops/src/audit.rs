//! The routes for auditors: exports, checkpoints, proofs.
//!
//! | route | answer |
//! |---|---|
//! | `/audit/export?format=&from=&to=&since=&until=&actor=&container=&proofs=` | the records, a line each |
//! | `/audit/checkpoint` | the signed head of the log |
//! | `/audit/key` | the key that it is signed with, for verifying |
//! | `/audit/proof?seq=` | that a record is in the log |
//! | `/audit/growth?older=` | that the log is the older one and more |
//!
//! Work is done on a thread of its own; whoever reads slowly holds it up and nobody else.

use std::io;
use std::sync::{Arc, OnceLock};

use api_http::RouteTemplate;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use journal_audit::{ExportError, Format};
use journal_log::Seq;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};
use warp::{Filter, Rejection, Reply, reply::Response as Answer};

/// Pieces on their way to a client; each is a record of some kilobytes, so a slow client holds little.
const PIECES_MAX: usize = 64;

/// Whoever can be asked about the log by auditors. It blocks, and is called on threads that may.
pub trait Auditor: Send + Sync + 'static {
    /// Writes the answer to `ask`.
    fn answer(
        &self,
        ask: &AuditAsk,
        write: &mut dyn FnMut(&str) -> io::Result<()>,
    ) -> Result<(), ExportError>;
}

/// Where the auditor will be: routes are there before the log is read.
pub type AuditDoor = Arc<OnceLock<Arc<dyn Auditor>>>;

/// What an auditor asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditAsk {
    /// Records.
    Export(AuditQuery),
    /// The signed head.
    Checkpoint,
    /// The public key.
    Key,
    /// A proof that a record is there.
    Proof(Seq),
    /// A proof that so many records are the beginning of all.
    Growth(u64),
}

/// Which records, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// The form.
    pub format: Format,
    /// The first record; the first there is where it is absent.
    pub from: Option<u64>,
    /// The last record; the last there is where it is absent.
    pub to: Option<u64>,
    /// Records of this time or later, RFC 3339.
    pub since: Option<String>,
    /// Records before this time, RFC 3339.
    pub until: Option<String>,
    /// Commands of this principal.
    pub actor: Option<String>,
    /// Records about a container, by name, identity or a part of it.
    pub container: Option<String>,
    /// Whether each line carries its proof.
    #[serde(default)]
    pub proofs: bool,
}

#[derive(Debug, Deserialize)]
struct ProofQuery {
    seq: u64,
}

#[derive(Debug, Deserialize)]
struct GrowthQuery {
    older: u64,
}

/// Gives the routes for auditors.
pub(crate) fn audit(
    door: AuditDoor,
) -> impl Filter<Extract = (Answer,), Error = Rejection> + Clone + Send + Sync + 'static {
    let export =
        warp::path!("audit" / "export").and(warp::query::<AuditQuery>()).map(AuditAsk::Export);
    let checkpoint = warp::path!("audit" / "checkpoint").map(|| AuditAsk::Checkpoint);
    let key = warp::path!("audit" / "key").map(|| AuditAsk::Key);
    let proof = warp::path!("audit" / "proof")
        .and(warp::query())
        .map(|query: ProofQuery| AuditAsk::Proof(Seq::new(query.seq)));
    let growth = warp::path!("audit" / "growth")
        .and(warp::query())
        .map(|query: GrowthQuery| AuditAsk::Growth(query.older));
    let ask = export.or(checkpoint).unify().or(key).unify().or(proof).unify().or(growth).unify();
    warp::get().and(ask).then(move |ask| answer(Arc::clone(&door), ask))
}

async fn answer(door: AuditDoor, ask: AuditAsk) -> Answer {
    let (media_type, route) = kind_of(&ask);
    let Some(auditor) = door.get().cloned() else {
        return refusal(StatusCode::SERVICE_UNAVAILABLE, "the log is being read", route);
    };
    let (pieces, mut receiver) = mpsc::channel::<Result<Bytes, ExportError>>(PIECES_MAX);
    tokio::task::spawn_blocking(move || {
        let mut write = |text: &str| {
            let piece = Bytes::copy_from_slice(text.as_bytes());
            pieces.blocking_send(Ok(piece)).map_err(|_| io::ErrorKind::BrokenPipe.into())
        };
        if let Err(error) = auditor.answer(&ask, &mut write) {
            // Nobody to tell is no failure of ours: the client has gone.
            let _ = pieces.blocking_send(Err(error));
        }
    });
    // What fails before the first piece is told with a status; later the connection is cut.
    let first = match receiver.recv().await {
        Some(Err(error)) => {
            let status = match error.is_of_the_asker() {
                true => StatusCode::BAD_REQUEST,
                false => StatusCode::INTERNAL_SERVER_ERROR,
            };
            return refusal(status, &chain(&error), route);
        }
        Some(Ok(piece)) => piece,
        None => Bytes::new(),
    };
    let rest = tokio_stream::iter([Ok(first)]).chain(ReceiverStream::new(receiver));
    let mut answer = warp::reply::stream(rest).into_response();
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    answer.extensions_mut().insert(route);
    answer
}

const fn kind_of(ask: &AuditAsk) -> (&'static str, RouteTemplate) {
    const TEXT: &str = "text/plain; charset=utf-8";
    match ask {
        AuditAsk::Export(query) => (query.format.media_type(), RouteTemplate("/audit/export")),
        AuditAsk::Checkpoint => (TEXT, RouteTemplate("/audit/checkpoint")),
        AuditAsk::Key => (TEXT, RouteTemplate("/audit/key")),
        AuditAsk::Proof(_) => (TEXT, RouteTemplate("/audit/proof")),
        AuditAsk::Growth(_) => ("application/json", RouteTemplate("/audit/growth")),
    }
}

fn refusal(status: StatusCode, message: &str, route: RouteTemplate) -> Answer {
    let mut answer =
        Response::new(serde_json::json!({"message": message}).to_string()).into_response();
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer.extensions_mut().insert(route);
    answer
}

/// Puts an error and its causes into one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut texts = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(next) = cause {
        texts.push(next.to_string());
        cause = next.source();
    }
    texts.join(": ")
}
