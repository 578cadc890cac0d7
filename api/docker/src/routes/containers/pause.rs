//! `POST /containers/{id}/pause` and `/unpause`.

use http::StatusCode;
use journal_domain::{
    ContainerCommand, ContainerEvent, Event, FreezeRequested, PauseContainer, UnpauseContainer,
};
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call},
    error::ApiError,
    path::Target,
    reply,
    routes::Route,
    settle,
};

pub(super) fn pause() -> Route {
    warp::path!(Target / "pause")
        .and(warp::post())
        .and(call())
        .then(|target: Target, call: Call| {
            call.answer("/containers/{id}/pause", move |call| {
                freeze(call, PauseContainer { target: target.0 }.into())
            })
        })
        .boxed()
}

pub(super) fn unpause() -> Route {
    warp::path!(Target / "unpause")
        .and(warp::post())
        .and(call())
        .then(|target: Target, call: Call| {
            call.answer("/containers/{id}/unpause", move |call| {
                freeze(call, UnpauseContainer { target: target.0 }.into())
            })
        })
        .boxed()
}

async fn freeze(call: Call, command: ContainerCommand) -> Result<Response, ApiError> {
    let committed = call.submit(command).await?;
    let asked = committed.events.iter().find_map(|event| {
        let Event::Container(ContainerEvent::FreezeRequested(asked)) = event else { return None };
        Some(*asked)
    });
    let seq = committed.stamp.seq;
    if let Some(FreezeRequested { id, frozen }) = asked {
        settle::frozen(&call, id, frozen).await.map_err(|error| error.at(seq))?;
    }
    Ok(reply::in_record(reply::empty(StatusCode::NO_CONTENT), seq))
}
