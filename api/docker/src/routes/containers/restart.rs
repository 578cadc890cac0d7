//! `POST /containers/{id}/restart`.

use http::StatusCode;
use journal_domain::{ContainerCommand, EndpointId, RestartContainer};
use warp::{Filter, reply::Response};

use super::{signal::signal, start::wait_for_start, stop::stopping};
use crate::{
    call::{Call, call},
    error::ApiError,
    path::Target,
    random, reply,
    routes::Route,
    settle,
};

pub(super) fn route() -> Route {
    warp::path!(Target / "restart")
        .and(warp::post())
        .and(call())
        .then(|target: Target, call: Call| {
            call.answer("/containers/{id}/restart", move |call| restart(call, target.0))
        })
        .boxed()
}

async fn restart(call: Call, target: String) -> Result<Response, ApiError> {
    let query = call.query()?;
    let (signal, timeout_seconds) = (signal(&query)?, query.atoi("t")?);
    // Looked at before the record: a run that began in between only settles the call earlier.
    let before = call.world().state.find(&target).ok().map(|container| container.incarnation);
    let endpoint = EndpointId::from_bytes(random::bytes());
    let command =
        ContainerCommand::from(RestartContainer { target, signal, timeout_seconds, endpoint });
    let committed = call.submit(command).await?;
    let seq = committed.stamp.seq;
    match (stopping(&committed), before) {
        (Some(id), Some(before)) => {
            settle::started(&call, id, before + 1, seq).await?;
        }
        (Some(id), None) => settle::stopped(&call, id).await.map_err(|error| error.at(seq))?,
        (None, _) => wait_for_start(&call, &committed).await?,
    }
    Ok(reply::in_record(reply::empty(StatusCode::NO_CONTENT), seq))
}
