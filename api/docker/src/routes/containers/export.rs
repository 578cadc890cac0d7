//! `docker export`: `GET /containers/{id}/export`.

use backends_core::FilesOf;
use http::{HeaderValue, header::CONTENT_TYPE};
use warp::{
    Filter,
    reply::{Reply as _, Response},
};

use crate::{
    call::{Call, call},
    error::ApiError,
    path::Target,
    reply,
    routes::Route,
};

pub(super) fn route() -> Route {
    warp::path!(Target / "export")
        .and(warp::get())
        .and(call())
        .then(|target: Target, call: Call| {
            call.answer("/containers/{id}/export", move |call| export(call, target.0))
        })
        .boxed()
}

async fn export(call: Call, target: String) -> Result<Response, ApiError> {
    call.version()?;
    let world = call.world();
    let container = world.state.find(&target)?;
    if container.removing {
        let id = container.id;
        let message = format!("You cannot export container {id} which is being removed");
        return Err(ApiError::conflict(message));
    }
    let files = FilesOf {
        container: container.id,
        spec: container.spec.clone(),
        options: container.options.clone(),
    };
    let archive = call.context().backend.export(&files).await?;
    let mut response = warp::reply::stream(archive).into_response();
    let kind = HeaderValue::from_static("application/octet-stream");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(reply::as_of(response, world.seq))
}
