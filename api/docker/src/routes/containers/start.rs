//! `POST /containers/{id}/start`.

use api_http::{BodyError, body_bytes};
use bytes::Bytes;
use http::StatusCode;
use journal_domain::{ContainerCommand, ContainerEvent, EndpointId, Event, StartContainer};
use projector_containers::Containers;
use projector_engine::Committed;
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call},
    error::ApiError,
    path::Target,
    random, reply,
    routes::Route,
    settle,
};

/// Bytes of a body that clients send without meaning anything by it: `null`, `{}` and a line end.
const EMPTY_BODY_BYTES_MAX: usize = 7;

/// Bytes of a body that are read only to be refused.
const BODY_BYTES_MAX: usize = 64 * 1024;

pub(super) fn route() -> Route {
    warp::path!(Target / "start")
        .and(warp::post())
        .and(call())
        .and(body_bytes(BODY_BYTES_MAX))
        .then(|target: Target, call: Call, body| {
            call.answer("/containers/{id}/start", move |call| start(call, target.0, body))
        })
        .boxed()
}

async fn start(
    call: Call,
    target: String,
    body: Result<Bytes, BodyError>,
) -> Result<Response, ApiError> {
    if body?.len() > EMPTY_BODY_BYTES_MAX {
        return Err(ApiError::invalid(
            "starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24",
        ));
    }
    if call.query()?.get("checkpoint").is_some_and(|name| !name.is_empty()) {
        return Err(ApiError::not_implemented(
            "not built yet: starting from a checkpoint; leave the parameter checkpoint out",
        ));
    }
    let endpoint = EndpointId::from_bytes(random::bytes());
    let command = ContainerCommand::from(StartContainer { target: target.clone(), endpoint });
    let committed = match call.submit(command).await {
        Ok(committed) => committed,
        Err(error) => {
            if error.is_not_modified() {
                wait_for_earlier_start(&call, &target).await?;
            }
            return Err(error);
        }
    };
    wait_for_start(&call, &committed).await?;
    Ok(reply::in_record(reply::empty(StatusCode::NO_CONTENT), committed.stamp.seq))
}

/// Waits for a start that is under way, so that "already started" is true when it is said.
async fn wait_for_earlier_start(call: &Call, target: &str) -> Result<(), ApiError> {
    let world = call.world();
    let Ok(container) = world.state.find(target) else { return Ok(()) };
    let (id, incarnation) = (container.id, container.incarnation);
    if container.queued.is_some() {
        return settle::begun(call, id, incarnation + 1, world.seq).await;
    }
    settle::started(call, id, incarnation, world.seq).await
}

/// Waits until the start that a record asks for is settled, and before that for its turn.
pub(super) async fn wait_for_start(
    call: &Call,
    committed: &Committed<Containers>,
) -> Result<(), ApiError> {
    let queued = committed.events.iter().find_map(|event| {
        let Event::Container(ContainerEvent::StartQueued(queued)) = event else { return None };
        Some(queued)
    });
    if let Some(queued) = queued {
        return settle::begun(call, queued.id, queued.incarnation, committed.stamp.seq).await;
    }
    let asked = committed.events.iter().find_map(|event| {
        let Event::Container(ContainerEvent::StartRequested(asked)) = event else { return None };
        Some(asked)
    });
    let Some(asked) = asked else { return Ok(()) };
    settle::started(call, asked.id, asked.incarnation, committed.stamp.seq).await
}
