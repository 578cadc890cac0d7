//! Routes of pods.

mod act;
mod create;
mod filter;
mod inspect;
mod list;
mod processes;
mod remove;
mod stats;
mod status;

use std::sync::Arc;

use api_http::RequestBody;
use http::StatusCode;
use projector_containers::{KeptPod, State};

use crate::{
    body::{self, Answer},
    call::Call,
    error::Failure,
};

pub(crate) use self::{
    create::{join, start_holder},
    remove::pruned,
};

/// Answers what stands behind `/pods`.
pub(crate) async fn answer(
    call: &Call,
    rest: &[&str],
    sent: RequestBody,
) -> Result<Answer, Failure> {
    match (call.method(), rest) {
        ("POST", ["create"]) => create::create(call, sent).await,
        ("GET", ["json"]) => list::list(call).await,
        ("POST", ["prune"]) => Ok(body::json(StatusCode::OK, &pruned(call).await?)),
        ("GET", ["stats"]) => stats::stats(call).await,
        ("GET", [name, "json"]) => inspect::inspect(call, name).await,
        ("GET", [name, "exists"]) => {
            may_look(call).await?;
            found(&call.caller().world().state, name)?;
            Ok(body::empty(StatusCode::NO_CONTENT))
        }
        ("GET", [name, "top"]) => processes::top(call, name).await,
        ("DELETE", [name]) => remove::remove(call, name).await,
        ("POST", [name, action]) => act::act(call, name, action).await,
        _ => Err(Failure::no_such_page()),
    }
}

/// Finds a pod.
fn found(state: &State, target: &str) -> Result<Arc<KeptPod>, Failure> {
    let name = percent_encoding::percent_decode_str(target).decode_utf8_lossy();
    let kept = state.pods().find(&name);
    kept.map(Arc::clone).map_err(|refusal| Failure::absent("no such pod", refusal.to_string()))
}

/// Refuses who may not look at containers: pods are made of them.
async fn may_look(call: &Call) -> Result<(), Failure> {
    call.get("/containers/json?limit=1").await.map(drop)
}
