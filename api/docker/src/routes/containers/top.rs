//! `docker top`: `GET /containers/{id}/top`.

use std::sync::Arc;

use api_types::ContainerTopResponse;
use backends_core::{EffectError, RunId};
use http::StatusCode;
use projector_containers::Container;
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call},
    error::ApiError,
    path::Target,
    reply,
    routes::Route,
};

/// Docker's default.
const ARGUMENTS: &str = "-ef";

pub(super) fn route() -> Route {
    warp::path!(Target / "top")
        .and(warp::get())
        .and(call())
        .then(|target: Target, call: Call| {
            call.answer("/containers/{id}/top", move |call| top(call, target.0))
        })
        .boxed()
}

async fn top(call: Call, target: String) -> Result<Response, ApiError> {
    let query = call.query()?;
    let asked = query.get("ps_args").filter(|text| !text.is_empty()).unwrap_or(ARGUMENTS);
    refuse_renamed_pid(asked)?;
    let arguments: Vec<String> = asked.split_whitespace().map(str::to_owned).collect();
    let world = call.world();
    let container = world.state.find(&target)?;
    let run = run(container)?;
    let backend = Arc::clone(&call.context().backend);
    let table = match backend.processes(run, &arguments).await {
        Err(EffectError::Gone) => return Err(not_running(container)),
        table => table?,
    };
    let shown = ContainerTopResponse { processes: table.processes, titles: table.titles };
    Ok(reply::as_of(reply::json(StatusCode::OK, &shown), world.seq))
}

fn run(container: &Container) -> Result<RunId, ApiError> {
    if container.restarts.due.is_some() {
        return Err(ApiError::conflict(format!(
            "Container {} is restarting, wait until the container is running",
            container.id
        )));
    }
    match container.running() {
        Some(_) => Ok(RunId { container: container.id, incarnation: container.incarnation }),
        None => Err(not_running(container)),
    }
}

fn not_running(container: &Container) -> ApiError {
    ApiError::conflict(format!("container {} is not running", container.id))
}

/// Refuses another head over the column of numbers, and another column under its head: rows are chosen by it. In moby's
/// words (`validatePSArgs`).
fn refuse_renamed_pid(arguments: &str) -> Result<(), ApiError> {
    for word in arguments.split_whitespace() {
        if let Some((key, value)) = word.split_once('=')
            && value.starts_with("PID")
            && key != "pid"
        {
            return Err(ApiError::invalid(format!("specifying \"{key}={value}\" is not allowed")));
        }
    }
    Ok(())
}
