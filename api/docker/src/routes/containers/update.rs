//! `docker update`: `POST /containers/{id}/update`.

use api_http::{BodyError, body_bytes};
use api_types::{ContainerUpdateResponse, HostConfig, from_json};
use bytes::Bytes;
use http::StatusCode;
use journal_domain::{ContainerCommand, ContainerEvent, Event, UpdateContainer};
use warp::{Filter, reply::Response};

use crate::{
    body::{self, SPEC_BYTES_MAX},
    call::{Call, call},
    error::ApiError,
    path::Target,
    reply,
    routes::Route,
    settle,
};

pub(super) fn route() -> Route {
    warp::path!(Target / "update")
        .and(warp::post())
        .and(call())
        .and(body_bytes(SPEC_BYTES_MAX))
        .then(|target: Target, call: Call, body| {
            call.answer("/containers/{id}/update", move |call| update(call, target.0, body))
        })
        .boxed()
}

async fn update(
    call: Call,
    target: String,
    body: Result<Bytes, BodyError>,
) -> Result<Response, ApiError> {
    // The body is a part of `HostConfig`: its limits and its policy.
    let asked: HostConfig = body::json(&call, body, from_json)?.unwrap_or_default();
    let (limits, restart) = api_asked::changes(&asked, call.context().server.host.cpus)?;
    let command = UpdateContainer { target, limits: Box::new(limits), restart };
    let committed = call.submit(ContainerCommand::from(command)).await?;
    let pending = committed.events.iter().find_map(|event| {
        let Event::Container(ContainerEvent::UpdateRequested(asked)) = event else { return None };
        Some(asked.id)
    });
    let seq = committed.stamp.seq;
    if let Some(id) = pending {
        settle::updated(&call, id).await.map_err(|error| error.at(seq))?;
    }
    let response = ContainerUpdateResponse { warnings: Vec::new() };
    Ok(reply::in_record(reply::json(StatusCode::OK, &response), seq))
}
