//! `POST /containers/{id}/kill`.

use http::StatusCode;
use journal_domain::{ContainerCommand, ContainerEvent, Event, KillContainer, Signal};
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
    warp::path!(Target / "kill")
        .and(warp::post())
        .and(call())
        .then(|target: Target, call: Call| {
            call.answer("/containers/{id}/kill", move |call| kill(call, target.0))
        })
        .boxed()
}

async fn kill(call: Call, target: String) -> Result<Response, ApiError> {
    let signal = signal(&call.query()?)?.unwrap_or(Signal::KILL);
    // Looked at before the record: a run that began in between only settles the call earlier.
    let before = call.world().state.find(&target).ok().map(|container| container.incarnation);
    let committed = call.submit(ContainerCommand::from(KillContainer { target, signal })).await?;
    let seq = committed.stamp.seq;
    let asked = committed.events.iter().find_map(|event| {
        let Event::Container(ContainerEvent::SignalRequested(asked)) = event else { return None };
        Some(asked)
    });
    if let Some(asked) = asked {
        let settled = match before {
            // As in dockerd, the container does not run any more when the answer comes.
            Some(incarnation) if signal == Signal::KILL => {
                settle::ended(&call, asked.id, incarnation).await
            }
            Some(_) | None => settle::delivered(&call, asked.id, asked.number).await,
        };
        settled.map_err(|error| error.at(seq))?;
    }
    Ok(reply::in_record(reply::empty(StatusCode::NO_CONTENT), seq))
}
