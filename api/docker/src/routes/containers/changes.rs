//! `docker diff`: `GET /containers/{id}/changes`.

use api_types::ContainerChange;
use backends_core::{FileChange, FileChangeKind, FilesOf};
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call, read},
    error::ApiError,
    moment::Look,
    path::Target,
    routes::Route,
};

pub(super) fn route() -> Route {
    warp::path!(Target / "changes")
        .and(warp::get())
        .and(call())
        .then(|target: Target, call: Call| {
            call.look("/containers/{id}/changes", move |look| changes(look, target.0))
        })
        .boxed()
}

async fn changes(look: Look, target: String) -> Result<Response, ApiError> {
    look.version()?;
    let world = look.world();
    let container = world.state.find(&target)?;
    let files = FilesOf {
        container: container.id,
        spec: container.spec.clone(),
        options: container.options.clone(),
    };
    let backend = &look.present("what a container has changed")?.context().backend;
    let changes: Vec<ContainerChange> =
        backend.changes(&files).await?.into_iter().map(shown).collect();
    // Docker says null for a container that has changed nothing.
    Ok(read(&world, &(!changes.is_empty()).then_some(changes)))
}

fn shown(change: FileChange) -> ContainerChange {
    let kind = match change.kind {
        FileChangeKind::Modified => 0,
        FileChangeKind::Added => 1,
        FileChangeKind::Deleted => 2,
    };
    ContainerChange { path: change.path, kind }
}
