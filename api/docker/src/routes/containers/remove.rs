//! `DELETE /containers/{id}`.

use http::StatusCode;
use journal_domain::{ContainerCommand, ContainerEvent, Event, MountPoint, RemoveContainer};
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call},
    error::ApiError,
    path::Target,
    reply,
    routes::Route,
    settle,
};

pub(super) fn route() -> Route {
    warp::path!(Target)
        .and(warp::delete())
        .and(call())
        .then(|target: Target, call: Call| {
            call.answer("/containers/{id}", move |call| remove(call, target.0))
        })
        .boxed()
}

async fn remove(call: Call, target: String) -> Result<Response, ApiError> {
    let query = call.query()?;
    if query.bool("link") {
        return Err(ApiError::not_implemented(
            "not built yet: links, hence removing one; leave the parameter link out",
        ));
    }
    let (force, volumes) = (query.bool("force"), query.bool("v"));
    // A removal that is under way already makes no event, so the container is looked up here too.
    let world = call.world();
    let found = world.state.find(&target).ok();
    let known = found.map(|container| container.id);
    let command = ContainerCommand::from(RemoveContainer { target, force, volumes });
    let committed = call.submit(command).await?;
    let asked = committed.events.iter().find_map(|event| {
        let Event::Container(ContainerEvent::RemovalRequested(asked)) = event else { return None };
        Some(asked.id)
    });
    let seq = committed.stamp.seq;
    if let Some(id) = asked.or(known) {
        settle::removed(&call, id).await.map_err(|error| error.at(seq))?;
    }
    // Those that go with the container, should they go.
    for name in found.iter().flat_map(|found| found.mount_points()).filter_map(MountPoint::volume) {
        settle::volume_removed(&call, name).await.map_err(|error| error.at(seq))?;
    }
    Ok(reply::in_record(reply::empty(StatusCode::NO_CONTENT), seq))
}
