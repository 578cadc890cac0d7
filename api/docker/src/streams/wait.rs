//! `docker wait`: `POST /containers/{id}/wait`. It changes nothing; the answer's head is sent at once.

use std::convert::Infallible;

use api_types::{ContainerWaitExitError, ContainerWaitResponse};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, header::CONTENT_TYPE};
use journal_domain::ContainerId;
use projector_containers::{Containers, Key};
use projector_engine::Handle;
use warp::{
    Filter, Rejection,
    reply::{Reply, Response},
};

use super::kept::{Ended, RunEnd};
use crate::{
    call::{Call, call},
    error::ApiError,
    reply,
};

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    /// It does not run; so it may be over at once.
    NotRunning,
    /// The next end of a run.
    NextExit,
    /// The container is gone.
    Removed,
}

pub(super) fn route() -> impl Filter<Extract = (Response,), Error = Rejection> + Clone {
    warp::path!("containers" / String / "wait").and(warp::post()).and(call()).then(
        |target: String, call: Call| {
            call.answer("/containers/{id}/wait", move |call| wait(call, target))
        },
    )
}

async fn wait(call: Call, target: String) -> Result<Response, ApiError> {
    let query = call.query()?;
    let condition = Condition::parse(query.get("condition").unwrap_or_default())?;
    let world = call.world();
    let container = world.state.find(&target)?;
    let handle = call.context().handle.clone();
    let (id, active) = (container.id, container.is_live());
    let end = RunEnd::of(&handle, container);
    let last = container
        .last_exit
        .as_ref()
        .map(|report| Ended { exit_code: report.exit_code, error: report.error.clone() });
    let failed = container
        .start_failure()
        .map(|failure| Ended { exit_code: failure.exit_code, error: failure.message.clone() });
    let outcome = async move {
        let ended = match condition {
            Condition::NotRunning if !active => failed.or(last).unwrap_or_else(Ended::nothing),
            Condition::NotRunning | Condition::NextExit => end.wait().await,
            Condition::Removed => removed(&handle, id).await,
        };
        Ok::<_, Infallible>(body(&ended))
    };
    // The body is a stream, so that the head does not wait for it: clients start the container once they have it.
    let mut response = warp::reply::stream(stream::once(outcome)).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(reply::as_of(response, world.seq))
}

async fn removed(handle: &Handle<Containers>, id: ContainerId) -> Ended {
    handle
        .wait_for(Key::Container(id), |world| {
            let gone = world.state.container(&id).is_none();
            gone.then(|| Ended::of_gone(world, id))
        })
        .await
}

fn body(ended: &Ended) -> Bytes {
    let error =
        (!ended.error.is_empty()).then(|| ContainerWaitExitError { message: ended.error.clone() });
    let response = ContainerWaitResponse { status_code: ended.exit_code, error };
    let mut bytes = serde_json::to_vec(&response).expect("wire types have string keys only");
    bytes.push(b'\n');
    bytes.into()
}

// === impl Condition ===

impl Condition {
    fn parse(text: &str) -> Result<Self, ApiError> {
        match text {
            "" | "not-running" => Ok(Self::NotRunning),
            "next-exit" => Ok(Self::NextExit),
            "removed" => Ok(Self::Removed),
            other => Err(ApiError::invalid(format!("invalid condition: {other:?}"))),
        }
    }
}

// === impl Ended ===

impl Ended {
    /// What a container that never ran answers with.
    const fn nothing() -> Self {
        Self { exit_code: 0, error: String::new() }
    }
}
