//! What is done to all containers of a pod: started, stopped, killed, paused.

use std::sync::Arc;

use http::StatusCode;
use journal_domain::ContainerId;
use projector_containers::{Container, KeptPod};
use serde_json::json;

use super::found;
use crate::{
    body::{self, Answer},
    call::{Call, query_of},
    error::Failure,
};

pub(super) async fn act(call: &Call, name: &str, action: &str) -> Result<Answer, Failure> {
    let world = call.caller().world();
    let kept = found(&world.state, name)?;
    let query = call.query()?;
    let signal = query.get("signal").filter(|signal| !signal.is_empty()).unwrap_or("SIGKILL");
    let members = members(call, &kept);
    let stopped = members.iter().all(|one| !one.is_live());
    let started = !members.is_empty() && members.iter().all(|one| one.running().is_some());
    let seconds = query_of(&[("t", query.get("t").or(query.get("timeout")))]);
    let errors = match action {
        "start" if started => return Ok(body::empty(StatusCode::NOT_MODIFIED)),
        "stop" if stopped => return Ok(body::empty(StatusCode::NOT_MODIFIED)),
        "start" => each(call, &members, "start", |one| !one.is_live()).await,
        "stop" => backwards(call, members, &format!("stop{seconds}")).await,
        "restart" => {
            let mut errors = backwards(call, members.clone(), &format!("stop{seconds}")).await;
            errors.extend(each(call, &members, "start", |_| true).await);
            errors
        }
        "kill" => {
            let asked = query_of(&[("signal", Some(signal))]);
            each(call, &members, &format!("kill{asked}"), Container::is_live).await
        }
        "pause" => {
            each(call, &members, "pause", |one| one.running().is_some() && !one.is_paused()).await
        }
        "unpause" => each(call, &members, "unpause", Container::is_paused).await,
        _ => return Err(Failure::no_such_page()),
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::CONFLICT };
    let shown = Some(&errors).filter(|errors| !errors.is_empty());
    let report = json!({ "Errs": shown, "Id": kept.pod.id.to_string(), "RawInput": name });
    Ok(body::json(status, &report))
}

/// Gives the containers of a pod as they are now, the one that holds what is shared first.
pub(super) fn members(call: &Call, kept: &KeptPod) -> Vec<Arc<Container>> {
    let world = call.caller().world();
    let members = kept.members.iter().filter_map(|id| world.state.container(id));
    members.map(Arc::clone).collect()
}

/// Stops those that run, the one that holds what they share last.
async fn backwards(call: &Call, mut members: Vec<Arc<Container>>, what: &str) -> Vec<String> {
    members.reverse();
    each(call, &members, what, Container::is_live).await
}

/// Does something to those that want it, one after the other, and gives what went wrong.
async fn each(
    call: &Call,
    members: &[Arc<Container>],
    what: &str,
    wants: impl Fn(&Container) -> bool,
) -> Vec<String> {
    let mut errors = Vec::new();
    let chosen: Vec<ContainerId> =
        members.iter().filter(|one| wants(one)).map(|one| one.id).collect();
    for id in chosen {
        if let Err(failure) = call.post(&format!("/containers/{id}/{what}"), None).await {
            errors.push(format!("{id}: {}", failure.message()));
        }
    }
    errors
}
