//! `GET /containers/{name}/healthcheck`: looks at a container's health now, and tells what was seen.

use http::StatusCode;
use journal_domain::{ContainerCommand, ContainerEvent, ContainerId, Event, ProbeContainer};
use journal_log::Timestamp;
use projector_containers::{Container, Key, State};

use crate::{
    body::{self, Answer},
    call::Call,
    error::Failure,
};

/// What became of the probe that was asked for.
enum Told {
    /// Its exit status.
    Exit(i64),
    /// The run ended before it did.
    Nothing,
}

pub(super) async fn run(call: &Call, name: &str) -> Result<Answer, Failure> {
    let command = ContainerCommand::from(ProbeContainer { target: name.to_owned() });
    let committed = call.caller().submit(command).await?;
    let asked = committed.events.iter().find_map(|event| {
        let Event::Container(ContainerEvent::ProbeRequested(asked)) = event else { return None };
        Some(asked.id)
    });
    let world = call.caller().world();
    let (id, began) = match asked {
        Some(id) => (id, Some(committed.stamp.at)),
        // One is under way, or was a moment ago.
        None => {
            let found = world.state.find(name);
            let container =
                found.map_err(|absent| Failure::absent("no such container", absent.to_string()))?;
            (container.id, began(container))
        }
    };
    let seen = call.caller().wait_for(Key::Container(id), move |state| told(state, &id, began));
    let Told::Exit(code) = seen.await? else {
        return Err(Failure::conflict(format!("container {id} is not running")));
    };
    // Podman tells by this word what the one probe told; the streak and the log are the container's.
    let mut health = call.get(&format!("/containers/{id}/json")).await?["State"]["Health"].take();
    health["Status"] = if code == 0 { "healthy" } else { "unhealthy" }.into();
    Ok(body::json(StatusCode::OK, &health))
}

/// Gives when the probe began that is under way, or was the last.
fn began(container: &Container) -> Option<Timestamp> {
    let health = container.health.as_ref()?;
    health.pending.or_else(|| health.results.last().map(|last| last.started_at))
}

/// Looks for the outcome of the probe that began at a time.
fn told(state: &State, id: &ContainerId, began: Option<Timestamp>) -> Option<Told> {
    let Some(health) = state.container(id).and_then(|one| one.health.as_ref()) else {
        return Some(Told::Nothing);
    };
    let mut results = health.results.iter();
    match results.find(|result| Some(result.started_at) == began) {
        Some(result) => Some(Told::Exit(result.exit_code)),
        None => (health.pending != began).then_some(Told::Nothing),
    }
}
