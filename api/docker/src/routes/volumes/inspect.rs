//! `GET /volumes/{name}`.

use journal_domain::{Refusal, VolumeName};
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
            call.look("/volumes/{name}", move |look| inspect(look, target.0))
        })
        .boxed()
}

async fn inspect(look: Look, target: String) -> Result<Response, ApiError> {
    look.version()?;
    let world = look.world();
    let name = target.parse::<VolumeName>().ok();
    let kept = name.and_then(|name| world.state.volumes().get(&name));
    let kept = kept.ok_or(Refusal::NoSuchVolume(target))?;
    Ok(read(&world, &api_asked::shown_volume(kept, look.volumes())))
}
