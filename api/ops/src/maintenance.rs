//! What an operator does to the log of a running server, through its control socket.
//!
//! | route | what is done |
//! |---|---|
//! | `POST /journal/trim` | the beginning of the log is given up |
//! | `POST /journal/copy` | the log is copied as it is at one moment |
//!
//! What cannot be done is 409 with the reason.

use std::{future::Future, path::PathBuf, pin::Pin, sync::Arc};

use api_http::{Peer, RouteTemplate};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use warp::{
    Filter, Rejection, Reply,
    filters::BoxedFilter,
    reply::{Response as Answer, json, with_status},
};

/// Bytes of a request: a place, a reason, a path.
const REQUEST_BYTES_MAX: u64 = 64 << 10;

/// Asks for the beginning of the log to be given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrimAsked {
    /// The first record that is to be kept: its number, its time, or how long ago that is.
    pub before: String,
    /// Why.
    pub reason: String,
    /// Whether what was not exported has to stay, whatever the server's own policy is.
    pub require_export: bool,
}

/// Asks for a copy of the log as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyAsked {
    /// Where it goes: a folder that is there and empty, as an absolute path.
    pub to: PathBuf,
}

/// What was done, for whoever asked, or why not.
pub type Done = Pin<Box<dyn Future<Output = Result<Value, String>> + Send>>;

/// Whoever may tend the log's files.
pub trait Maintenance: Send + Sync + 'static {
    /// Gives up the beginning of the log, because `principal` asks for it.
    fn trim(self: Arc<Self>, asked: TrimAsked, principal: String) -> Done;

    /// Copies the log as it is at one moment.
    fn copy(self: Arc<Self>, asked: CopyAsked) -> Done;
}

/// Gives the routes for whoever tends the log.
pub fn maintenance(log: Arc<dyn Maintenance>) -> BoxedFilter<(Answer,)> {
    let (trimmed, copied) = (Arc::clone(&log), log);
    let trim = warp::path!("journal" / "trim")
        .and(asked::<TrimAsked>())
        .and(warp::ext::optional::<Peer>())
        .then(move |asked, peer: Option<Peer>| {
            let principal = peer.map_or_else(|| "unknown".to_owned(), |peer| peer.principal());
            answer(Arc::clone(&trimmed).trim(asked, principal), "/journal/trim")
        });
    let copy = warp::path!("journal" / "copy")
        .and(asked::<CopyAsked>())
        .then(move |asked| answer(Arc::clone(&copied).copy(asked), "/journal/copy"));
    warp::post().and(trim.or(copy).unify()).boxed()
}

fn asked<T: for<'de> Deserialize<'de> + Send>()
-> impl Filter<Extract = (T,), Error = Rejection> + Copy {
    warp::body::content_length_limit(REQUEST_BYTES_MAX).and(warp::body::json())
}

async fn answer(done: Done, route: &'static str) -> Answer {
    let mut answer = match done.await {
        Ok(told) => json(&told).into_response(),
        Err(message) => {
            with_status(json(&serde_json::json!({ "message": message })), StatusCode::CONFLICT)
                .into_response()
        }
    };
    answer.extensions_mut().insert(RouteTemplate(route));
    answer
}
