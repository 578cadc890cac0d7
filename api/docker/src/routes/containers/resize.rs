//! `POST /containers/{id}/resize`, and the parameters that an exec's resize has too.

use api_types::Query;
use http::StatusCode;
use journal_domain::{ContainerCommand, ContainerEvent, Event, ResizeContainer, TerminalSize};
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call},
    error::ApiError,
    path::Target,
    reply,
    routes::Route,
    settle,
};

pub(super) fn route() -> Route {
    warp::path!(Target / "resize")
        .and(warp::post())
        .and(call())
        .then(|target: Target, call: Call| {
            call.answer("/containers/{id}/resize", move |call| resize(call, target.0))
        })
        .boxed()
}

async fn resize(call: Call, target: String) -> Result<Response, ApiError> {
    let size = window(&call.query()?)?;
    let committed = call.submit(ContainerCommand::from(ResizeContainer { target, size })).await?;
    let asked = committed.events.iter().find_map(|event| {
        let Event::Container(ContainerEvent::ResizeRequested(asked)) = event else { return None };
        Some(asked.id)
    });
    let seq = committed.stamp.seq;
    if let Some(id) = asked {
        settle::resized(&call, id).await.map_err(|error| error.at(seq))?;
    }
    Ok(reply::in_record(reply::empty(StatusCode::OK), seq))
}

/// Reads the parameters `h` and `w`, which both must be there.
pub(in crate::routes) fn window(query: &Query) -> Result<TerminalSize, ApiError> {
    Ok(TerminalSize { rows: cells(query, "h")?, columns: cells(query, "w")? })
}

fn cells(query: &Query, name: &str) -> Result<u16, ApiError> {
    let count = query.atoi(name)?.ok_or_else(|| {
        ApiError::invalid(format!("the size of the terminal needs the parameter {name}"))
    })?;
    u16::try_from(count)
        .map_err(|_| ApiError::invalid(format!("{name} must be 0 to {}, not {count}", u16::MAX)))
}
