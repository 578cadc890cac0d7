//! What an operator has done to the log of a running server, through its control socket.

use std::{convert::Infallible, future::Future, path::PathBuf, pin::Pin, sync::Arc};

use http::StatusCode;
use journal_log::JournalReader;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use warp::{
    Filter, Rejection, Reply,
    reply::{Response as Answer, json, with_status},
};

use crate::control;

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
    /// Gives up the beginning of the log.
    fn trim(self: Arc<Self>, asked: TrimAsked) -> Done;

    /// Copies the log as it is at one moment.
    fn copy(self: Arc<Self>, asked: CopyAsked) -> Done;
}

/// Gives the routes of the control socket of a server whose log can be tended: those of [`control`], and
/// `POST /journal/trim` and `POST /journal/copy`.
pub fn tended_control(
    reader: Arc<dyn JournalReader>,
    log: Arc<dyn Maintenance>,
) -> impl Filter<Extract = (impl Reply,), Error = Infallible> + Clone {
    maintenance(log).or(control(reader))
}

fn maintenance(
    log: Arc<dyn Maintenance>,
) -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone {
    let (trimmed, copied) = (Arc::clone(&log), log);
    let trim = warp::path!("journal" / "trim")
        .and(asked::<TrimAsked>())
        .then(move |asked| answer(Arc::clone(&trimmed).trim(asked)));
    let copy = warp::path!("journal" / "copy")
        .and(asked::<CopyAsked>())
        .then(move |asked| answer(Arc::clone(&copied).copy(asked)));
    warp::post().and(trim.or(copy).unify())
}

fn asked<T: for<'de> Deserialize<'de> + Send>()
-> impl Filter<Extract = (T,), Error = Rejection> + Clone {
    warp::body::content_length_limit(REQUEST_BYTES_MAX).and(warp::body::json())
}

async fn answer(done: Done) -> Answer {
    match done.await {
        Ok(told) => json(&told).into_response(),
        Err(message) => {
            with_status(json(&serde_json::json!({ "message": message })), StatusCode::CONFLICT)
                .into_response()
        }
    }
}
