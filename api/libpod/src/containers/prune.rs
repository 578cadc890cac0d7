//! `POST /containers/prune`.

use serde_json::{Value, json};

use crate::{call::Call, error::Failure};

/// Removes those that do not run, and tells which they were.
pub(crate) async fn pruned(call: &Call) -> Result<Vec<Value>, Failure> {
    let asked = call.same_filters()?;
    let said = call.post(&format!("/containers/prune{asked}"), None).await?.json()?;
    Ok(reports(&said, "ContainersDeleted"))
}

/// Makes podman's list of what a prune has removed; the room is given back by all of them together.
pub(crate) fn reports(said: &Value, removed: &str) -> Vec<Value> {
    let ids = said[removed].as_array().into_iter().flatten();
    let mut freed = said["SpaceReclaimed"].as_u64().unwrap_or(0);
    // Docker tells one sum, podman's client adds up those of the lines.
    ids.map(|id| json!({ "Id": id, "Err": null, "Size": std::mem::take(&mut freed) })).collect()
}
