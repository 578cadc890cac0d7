//! `GET /networks/{id}`.

use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call, read},
    error::ApiError,
    moment::Look,
    path::Target,
    routes::Route,
};

pub(super) fn route() -> Route {
    warp::path!(Target)
        .and(warp::get())
        .and(call())
        .then(|target: Target, call: Call| {
            call.look("/networks/{id}", move |look| inspect(look, target.0))
        })
        .boxed()
}

async fn inspect(look: Look, target: String) -> Result<Response, ApiError> {
    look.version()?;
    let query = look.query()?;
    let scope = query.get("scope").unwrap_or_default();
    let world = look.world();
    // Those of a swarm are none of ours.
    let target = if matches!(scope, "" | "local") { target } else { format!("{target} ({scope})") };
    let kept = world.state.networks().find(&target)?;
    Ok(read(&world, &api_shown::shown_network(&world.state, kept, true)))
}
