//! `POST /exec/{id}/resize`.

use http::StatusCode;
use journal_domain::{Event, ExecCommand, ExecEvent, ResizeExec};
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call},
    error::ApiError,
    path::Target,
    reply,
    routes::{Route, containers::window},
    settle,
};

pub(super) fn route() -> Route {
    warp::path!(Target / "resize")
        .and(warp::post())
        .and(call())
        .then(|target: Target, call: Call| {
            call.answer("/exec/{id}/resize", move |call| resize(call, target.0))
        })
        .boxed()
}

async fn resize(call: Call, target: String) -> Result<Response, ApiError> {
    let size = window(&call.query()?)?;
    let committed = call.submit(ExecCommand::from(ResizeExec { target, size })).await?;
    let asked = committed.events.iter().find_map(|event| {
        let Event::Exec(ExecEvent::ResizeRequested(asked)) = event else { return None };
        Some(asked.id)
    });
    let seq = committed.stamp.seq;
    if let Some(id) = asked {
        settle::exec_resized(&call, id).await.map_err(|error| error.at(seq))?;
    }
    Ok(reply::in_record(reply::empty(StatusCode::OK), seq))
}
