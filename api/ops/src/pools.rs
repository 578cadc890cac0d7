//! The pools of a running server, through its control socket.
//!
//! | route | what is done |
//! |---|---|
//! | `GET /pools` | each pool, what it lets run and what runs, one JSON object a line |
//! | `POST /pools/set` | pools are added or replaced, all of them or none |
//! | `POST /pools/drain` | a pool takes nothing new |
//! | `POST /pools/remove` | a pool that nothing is of goes |
//!
//! Each change is a record. A refusal is one too, and has the status that is picked here.

use api_http::{Peer, RouteTemplate};
use http::StatusCode;
use journal_domain::{Command, DrainPool, Pool, PoolCommand, Refusal, RemovePool, SetPools};
use journal_log::{Actor, RequestId};
use projector_containers::{Containers, KeptPool};
use projector_engine::{Handle, Submission, SubmitError};
use serde::{Deserialize, Serialize};
use warp::{
    Filter, Rejection, Reply,
    filters::BoxedFilter,
    reply::{Response as Answer, json, with_status},
};

use crate::question;

/// Bytes of a request: some hundred pools with their tenants.
const REQUEST_BYTES_MAX: u64 = 1 << 20;

/// A pool, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolLine {
    /// What it is.
    #[serde(flatten)]
    pub pool: Pool,
    /// Whether it takes nothing new.
    pub draining: bool,
    /// How many containers are of it, whether they run or not.
    pub containers: usize,
    /// How many of them run, are about to, or run again by themselves.
    pub running: usize,
    /// How many wait.
    pub waiting: usize,
    /// Billionths of a CPU that those which run have together.
    pub used_nano_cpus: u64,
    /// Bytes of memory that those which run have together.
    pub used_memory_bytes: u64,
}

/// Gives the routes for whoever tends the pools.
pub fn pools(handle: Handle<Containers>) -> BoxedFilter<(Answer,)> {
    let looked_at = handle.clone();
    let list = question("pools", move || {
        let lines = looked_at.snapshot().state.pools().iter().map(PoolLine::of).collect::<Vec<_>>();
        async move { Ok(lines) }
    });
    let set = warp::path!("pools" / "set").and(asked::<SetPools>()).map(PoolCommand::from);
    let drain = warp::path!("pools" / "drain").and(asked::<DrainPool>()).map(PoolCommand::from);
    let remove = warp::path!("pools" / "remove").and(asked::<RemovePool>()).map(PoolCommand::from);
    let changed = warp::post()
        .and(set.or(drain).unify().or(remove).unify())
        .and(warp::ext::optional::<Peer>())
        .then(move |command, peer| submit(handle.clone(), command, peer));
    list.or(changed).unify().boxed()
}

fn asked<T: for<'de> Deserialize<'de> + Send>()
-> impl Filter<Extract = (T,), Error = Rejection> + Copy {
    warp::body::content_length_limit(REQUEST_BYTES_MAX).and(warp::body::json())
}

async fn submit(handle: Handle<Containers>, command: PoolCommand, peer: Option<Peer>) -> Answer {
    let actor = match peer {
        Some(peer) => {
            Actor { principal: peer.principal(), source: peer.source(), agent: String::new() }
        }
        None => Actor { principal: "unknown".to_owned(), ..Actor::default() },
    };
    let command = Command::from(command);
    let submission = Submission { actor, request: RequestId::NONE, cause: None, command };
    let (status, told) = match handle.submit(submission).await {
        Ok(committed) => (StatusCode::OK, serde_json::json!({ "seq": committed.stamp.seq.get() })),
        Err(error) => (status_of(&error), serde_json::json!({ "message": error_text(&error) })),
    };
    let mut answer = with_status(json(&told), status).into_response();
    answer.extensions_mut().insert(RouteTemplate("/pools"));
    answer
}

fn error_text(error: &SubmitError<Refusal>) -> String {
    match error {
        SubmitError::Refused { refusal, .. } => refusal.to_string(),
        SubmitError::Overloaded { .. }
        | SubmitError::TooLarge { .. }
        | SubmitError::Panicked { .. }
        | SubmitError::Stopped => error.to_string(),
    }
}

fn status_of(error: &SubmitError<Refusal>) -> StatusCode {
    let SubmitError::Refused { refusal, .. } = error else {
        return StatusCode::SERVICE_UNAVAILABLE;
    };
    if matches!(refusal, Refusal::NoSuchPool(_)) {
        return StatusCode::NOT_FOUND;
    }
    let is_invalid = matches!(refusal, Refusal::InvalidParameter(_));
    if is_invalid { StatusCode::BAD_REQUEST } else { StatusCode::CONFLICT }
}

// === impl PoolLine ===

impl PoolLine {
    pub(crate) fn of(kept: &KeptPool) -> Self {
        let used = kept.used();
        Self {
            pool: kept.pool.clone(),
            draining: kept.draining,
            containers: kept.members(),
            running: kept.running(),
            waiting: kept.waiting(),
            used_nano_cpus: used.nano_cpus,
            used_memory_bytes: used.memory_bytes,
        }
    }
}
