//! `GET /exec/{id}/json`.

use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call, read},
    error::ApiError,
    moment::Look,
    path::Target,
    routes::Route,
};

pub(super) fn route() -> Route {
    warp::path!(Target / "json")
        .and(warp::get())
        .and(call())
        .then(|target: Target, call: Call| {
            call.look("/exec/{id}/json", move |look| inspect(look, target.0))
        })
        .boxed()
}

async fn inspect(look: Look, target: String) -> Result<Response, ApiError> {
    let world = look.world();
    let exec = world.state.find_exec(&target)?;
    Ok(read(&world, &api_asked::exec_inspect(exec)))
}
