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
            call.answer("/containers/{id}/json", move |call| inspect(call, target.0, made))
        })
        .boxed()
}

async fn inspect(call: Call, target: String, made: Arc<MadeAnswers>) -> Result<Response, ApiError> {
    let with_size = call.query()?.bool("size");
    let world = call.world();
    let container = world.state.find(&target)?;
    let describe = |state: &State, container: &Container| {
        let backend = &call.context().backend;
        let mut shown = convert::inspect(state, container, &backend.info(), &call.context().keys);
        let directories = backend.directories(&container.spec.layers, Some(container.id));
        let has_run = container.incarnation > 0;
        shown.graph_driver.data = directories.map(|found| convert::container_data(found, has_run));
        shown
    };
    if with_size {
        let mut shown = describe(&world.state, container);
        let sizes = sizes(&call, &world.state, container).await?;
        shown.size_rw = Some(sizes.writable);
        shown.size_root_fs = Some(sizes.whole);
        return Ok(read(&world, &shown));
    }
    let body = made.get_or_make(&world.state, container, || {
        reply::json_bytes(&describe(&world.state, container), JSON_BYTES)
    });
    Ok(reply::as_of(reply::of_json(StatusCode::OK, body), world.seq))
}
