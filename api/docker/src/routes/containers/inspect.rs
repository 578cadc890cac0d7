//! `GET /containers/{id}/json`.

use warp::{Filter, reply::Response};

use super::size::sizes;
use crate::{
    call::{Call, call, read},
    convert,
    error::ApiError,
    path::Target,
    routes::Route,
};

pub(super) fn route() -> Route {
    warp::path!(Target / "json")
        .and(warp::get())
        .and(call())
        .then(|target: Target, call: Call| {
            call.answer("/containers/{id}/json", move |call| inspect(call, target.0))
        })
        .boxed()
}

async fn inspect(call: Call, target: String) -> Result<Response, ApiError> {
    let with_size = call.query()?.bool("size");
    let world = call.world();
    let container = world.state.find(&target)?;
    let mut shown = convert::inspect(&world.state, container, &call.context().backend.info());
    if with_size {
        let sizes = sizes(&call, &world.state, container).await?;
        shown.size_rw = Some(sizes.writable);
        shown.size_root_fs = Some(sizes.whole);
    }
    Ok(read(&world, &shown))
}
