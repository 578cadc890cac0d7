//! `GET /containers/{id}/json`.

mod made;

use std::sync::Arc;

use http::StatusCode;
use projector_containers::{Container, State};
use warp::{Filter, reply::Response};

use self::made::MadeAnswers;
use super::size::sizes;
use crate::{
    call::{Call, call, read},
    convert,
    error::ApiError,
    moment::Look,
    path::Target,
    reply::{self, JSON_BYTES},
    routes::Route,
};

pub(super) fn route() -> Route {
    let made = Arc::new(MadeAnswers::new());
    warp::path!(Target / "json")
        .and(warp::get())
        .and(call())
        .then(move |target: Target, call: Call| {
            let made = Arc::clone(&made);
            call.look("/containers/{id}/json", move |look| inspect(look, target.0, made))
        })
        .boxed()
}

async fn inspect(look: Look, target: String, made: Arc<MadeAnswers>) -> Result<Response, ApiError> {
    let with_size = look.query()?.bool("size");
    let world = look.world();
    let container = world.state.find(&target)?;
    let describe = |state: &State, container: &Container| {
        let mut shown = convert::inspect(state, container, look.volumes(), look.keys());
        let directories = look.directories(&container.spec.layers, Some(container.id));
        let has_run = container.incarnation > 0;
        shown.graph_driver.data = directories.map(|found| convert::container_data(found, has_run));
        shown
    };
    if with_size {
        let mut shown = describe(&world.state, container);
        let sizes =
            sizes(look.present("what the container wrote")?, &world.state, container).await?;
        shown.size_rw = Some(sizes.writable);
        shown.size_root_fs = Some(sizes.whole);
        return Ok(read(&world, &shown));
    }
    if look.past().is_some() {
        // What was made before its keys were destroyed may not be told after it.
        return Ok(read(&world, &describe(&world.state, container)));
    }
    let body = made.get_or_make(&world.state, container, || {
        reply::json_bytes(&describe(&world.state, container), JSON_BYTES)
    });
    Ok(reply::as_of(reply::of_json(StatusCode::OK, body), world.seq))
}
