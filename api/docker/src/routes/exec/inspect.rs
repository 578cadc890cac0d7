//! `GET /exec/{id}/json`.

use warp::{Filter, reply::Response};

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
            call.answer("/exec/{id}/json", move |call| inspect(call, target.0))
        })
        .boxed()
}

async fn inspect(call: Call, target: String) -> Result<Response, ApiError> {
    let world = call.world();
    let exec = world.state.find_exec(&target)?;
    Ok(read(&world, &convert::exec_inspect(exec)))
}
