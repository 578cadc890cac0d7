//! `POST /containers/{id}/stop`.

use http::StatusCode;
use journal_domain::{ContainerCommand, ContainerEvent, ContainerId, Event, StopContainer};
use projector_containers::Containers;
use projector_engine::Committed;
use warp::{Filter, reply::Response};

use super::signal::signal;
use crate::{
    call::{Call, call},
    error::ApiError,
    path::Target,
    reply,
    routes::Route,
    settle,
};

pub(super) fn route() -> Route {
    warp::path!(Target / "stop")
        .and(warp::post())
        .and(call())
        .then(|target: Target, call: Call| {
            call.answer("/containers/{id}/stop", move |call| stop(call, target.0))
        })
        .boxed()
}

async fn stop(call: Call, target: String) -> Result<Response, ApiError> {
    let query = call.query()?;
    let command = ContainerCommand::from(StopContainer {
        target,
        signal: signal(&query)?,
        timeout_seconds: query.atoi("t")?,
    });
    let committed = call.submit(command).await?;
    let seq = committed.stamp.seq;
    if let Some(id) = stopping(&committed) {
        settle::stopped(&call, id).await.map_err(|error| error.at(seq))?;
    }
    Ok(reply::in_record(reply::empty(StatusCode::NO_CONTENT), seq))
}

/// Gives the container that a record asks to stop.
pub(super) fn stopping(committed: &Committed<Containers>) -> Option<ContainerId> {
    committed.events.iter().find_map(|event| {
        let Event::Container(ContainerEvent::StopRequested(asked)) = event else { return None };
        Some(asked.id)
    })
}
