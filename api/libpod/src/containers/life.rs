//! What is done to a container and answered with nothing: start, stop, kill and the like.

use http::StatusCode;

use crate::{
    body::{self, Answer},
    call::{Call, query_of},
    error::Failure,
    pods,
};

pub(super) async fn answer(call: &Call, id: &str, action: &str) -> Result<Answer, Failure> {
    let query = call.query()?;
    let keys = ("detachKeys", query.get("detachKeys"));
    // Clients of 4 and of 5 name it differently.
    let seconds = ("t", query.get("timeout").or(query.get("t")));
    let asked = match action {
        "start" => query_of(&[keys]),
        "stop" | "restart" => query_of(&[seconds]),
        "kill" => query_of(&[("signal", query.get("signal"))]),
        "rename" => query_of(&[("name", query.get("name"))]),
        "resize" => query_of(&[("h", query.get("h")), ("w", query.get("w"))]),
        "pause" | "unpause" => String::new(),
        "init" | "mount" | "unmount" | "checkpoint" | "restore" => {
            return Err(Failure::not_built(&format!("containers/{{name}}/{action}")));
        }
        _ => return Err(Failure::no_such_page()),
    };
    if ["start", "restart"].contains(&action) {
        start_holder(call, id).await?;
    }
    let done = call.post(&format!("/containers/{id}/{action}{asked}"), None).await;
    match done {
        Ok(said) => Ok(body::empty(match action {
            "resize" => StatusCode::OK,
            // That it was so already.
            _ if said.status == StatusCode::NOT_MODIFIED => said.status,
            _ => StatusCode::NO_CONTENT,
        })),
        // Who asks for what is not there or stands already, and says that it may be so, has it.
        Err(failure) if query.bool("ignore") && failure.is_absent() => {
            Ok(body::empty(StatusCode::NO_CONTENT))
        }
        Err(failure) => Err(failure),
    }
}

/// Has the holder of what a container shares with its pod run before it.
async fn start_holder(call: &Call, id: &str) -> Result<(), Failure> {
    let world = call.caller().world();
    let place = world.state.find(id).ok().and_then(|container| container.pod());
    let kept =
        place.filter(|place| !place.holds).and_then(|place| world.state.pods().get(&place.pod));
    match kept {
        Some(kept) => pods::start_holder(call, kept).await,
        None => Ok(()),
    }
}
