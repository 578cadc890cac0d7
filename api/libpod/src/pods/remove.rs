//! `DELETE /pods/{name}` and `POST /pods/prune`.

use http::StatusCode;
use journal_domain::{PodCommand, PodId, RemovePod};
use projector_containers::{Key, State};
use serde_json::{Map, Value, json};

use super::{found, status};
use crate::{
    body::{self, Answer},
    call::Call,
    error::Failure,
};

/// What a pod must be that goes by a prune.
const ENDED: [&str; 2] = ["Exited", "Stopped"];

pub(super) async fn remove(call: &Call, name: &str) -> Result<Answer, Failure> {
    let world = call.caller().world();
    let kept = found(&world.state, name)?;
    let removed: Map<String, Value> =
        kept.members.iter().map(|id| (id.to_string(), Value::Null)).collect();
    gone(call, kept.pod.id, call.query()?.bool("force")).await?;
    let report = json!({ "RemovedCtrs": removed, "Err": null, "Id": kept.pod.id.to_string() });
    Ok(body::json(StatusCode::OK, &report))
}

/// Removes those that have ended, and tells which they were.
pub(crate) async fn pruned(call: &Call) -> Result<Vec<Value>, Failure> {
    let world = call.caller().world();
    let pods = world.state.pods().iter();
    let ended: Vec<PodId> = pods
        .filter(|kept| ENDED.contains(&status::of(&world.state, kept)))
        .map(|kept| kept.pod.id)
        .collect();
    let mut reports = Vec::new();
    for id in ended {
        let failure = gone(call, id, false).await.err();
        let error = failure.as_ref().map(Failure::message);
        reports.push(json!({ "Id": id.to_string(), "Err": error }));
    }
    Ok(reports)
}

/// Removes a pod, and waits until nothing is left of it.
async fn gone(call: &Call, id: PodId, force: bool) -> Result<(), Failure> {
    let command = RemovePod { target: id.to_string(), force };
    call.caller().submit(PodCommand::from(command)).await?;
    let gone = |state: &State| state.pods().get(&id).is_none().then_some(());
    Ok(call.caller().wait_for(Key::Pod(id), gone).await?)
}
