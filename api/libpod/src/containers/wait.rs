//! `POST /containers/{name}/wait`: the answer is a bare number.

use http::StatusCode;
use journal_domain::ContainerId;
use projector_containers::Phase;

use crate::{
    body::{self, Answer},
    call::{Call, query_of},
    error::Failure,
};

/// The conditions that are over with the end of a run.
const ENDED: &[&str] = &["stopped", "exited"];

pub(super) async fn wait(call: &Call, id: &str) -> Result<Answer, Failure> {
    let query = call.query()?;
    let asked: Vec<&str> = query.get_all("condition").filter(|word| !word.is_empty()).collect();
    let removed = asked == ["removing"] || asked == ["removed"];
    if let Some(other) = asked.iter().find(|word| !ENDED.contains(word) && !removed) {
        return Err(Failure::not_built(&format!("condition={other}")));
    }
    let world = call.caller().world();
    let condition = match world.state.find(id) {
        // One that removes itself may be gone before its client waits: its end is remembered.
        Err(_) => return remembered(call, id),
        Ok(_) if removed => "removed",
        Ok(container) if matches!(container.phase, Phase::Created(None)) => "next-exit",
        Ok(_) => "not-running",
    };
    let asked = query_of(&[("condition", Some(condition))]);
    let said = call.post(&format!("/containers/{id}/wait{asked}"), None).await?.json()?;
    let code = said["StatusCode"].as_i64().unwrap_or(-1);
    Ok(body::json(StatusCode::OK, &code))
}

fn remembered(call: &Call, id: &str) -> Result<Answer, Failure> {
    let absent = || Failure::absent("no such container", format!("{id}: no such container"));
    let whole: ContainerId = id.parse().map_err(|_| absent())?;
    let world = call.caller().world();
    let end = world.state.tombstones().last_end(&whole).ok_or_else(absent)?;
    Ok(body::json(StatusCode::OK, &end.exit_code))
}
