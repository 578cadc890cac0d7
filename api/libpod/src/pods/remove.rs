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
    let pods = world.state.pods().iter().map(|kept| kept.pod.id);
    let ended: Vec<PodId> = pods.filter(|id| has_ended(&world.state, id)).collect();
    let mut reports = Vec::new();
    for id in ended {
        let failure = gone(call, id, false).await.err();
        if failure.is_some() && !has_ended(&call.caller().world().state, &id) {
            // It has gone or runs again meanwhile, and is none of those any more.
            continue;
        }
        let error = failure.as_ref().map(Failure::message);
        reports.push(json!({ "Id": id.to_string(), "Err": error }));
    }
    Ok(reports)
}

fn has_ended(state: &State, id: &PodId) -> bool {
    state.pods().get(id).is_some_and(|kept| ENDED.contains(&status::of(state, kept)))
}

/// Removes a pod, and waits until nothing is left of it.
async fn gone(call: &Call, id: PodId, force: bool) -> Result<(), Failure> {
    let command = RemovePod { target: id.to_string(), force };
    call.caller().submit(PodCommand::from(command)).await?;
    let gone = |state: &State| state.pods().get(&id).is_none().then_some(());
    Ok(call.caller().wait_for(Key::Pod(id), gone).await?)
}
