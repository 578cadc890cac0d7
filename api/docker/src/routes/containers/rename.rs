//! `POST /containers/{id}/rename`.

use http::StatusCode;
use journal_domain::{ContainerCommand, RenameContainer};
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call},
    error::ApiError,
    path::Target,
    reply,
    routes::Route,
};

pub(super) fn route() -> Route {
    warp::path!(Target / "rename")
        .and(warp::post())
        .and(call())
        .then(|target: Target, call: Call| {
            call.answer("/containers/{id}/rename", move |call| rename(call, target.0))
        })
        .boxed()
}

async fn rename(call: Call, target: String) -> Result<Response, ApiError> {
    let name = call.query()?.get("name").unwrap_or_default().to_owned();
    let committed = call.submit(ContainerCommand::from(RenameContainer { target, name })).await?;
    Ok(reply::in_record(reply::empty(StatusCode::NO_CONTENT), committed.stamp.seq))
}
