//! `GET /pods/{name}/top`.

use http::StatusCode;
use serde_json::{Value, json};

use super::{act::members, found};
use crate::{
    body::{self, Answer},
    call::Call,
    containers::{top_arguments, top_table},
    error::Failure,
};

pub(super) async fn top(call: &Call, name: &str) -> Result<Answer, Failure> {
    let query = call.query()?;
    if query.bool("stream") {
        return Err(Failure::not_built("stream=true"));
    }
    let arguments = top_arguments(query.get("ps_args").unwrap_or_default());
    let world = call.caller().world();
    let kept = found(&world.state, name)?;
    let (mut titles, mut processes) = (Value::Null, Vec::new());
    for member in members(call, &kept).iter().filter(|one| one.running().is_some()) {
        let mut table = top_table(call, &member.id.to_string(), &arguments).await?;
        titles = table["Titles"].take();
        processes.append(table["Processes"].as_array_mut().unwrap_or(&mut Vec::new()));
    }
    if titles.is_null() {
        return Err(Failure::conflict(format!(
            "pod top can only be used on pods with at least one running container: {name}"
        )));
    }
    Ok(body::json(StatusCode::OK, &json!({ "Titles": titles, "Processes": processes })))
}
