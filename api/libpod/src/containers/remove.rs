//! `DELETE /containers/{name}`.

use http::{Method, StatusCode};
use journal_domain::ContainerId;
use projector_containers::{Key, State};
use serde_json::json;

use crate::{
    body::{self, Answer},
    call::{Call, query_of},
    error::Failure,
};

pub(super) async fn remove(call: &Call, id: &str) -> Result<Answer, Failure> {
    let query = call.query()?;
    if query.bool("depend") {
        return Err(Failure::not_built("depend"));
    }
    let force = query.bool("force").to_string();
    // Podman's client names it both ways.
    let volumes = (query.bool("v") || query.bool("volumes")).to_string();
    let world = call.caller().world();
    let known = world.state.find(id).map(|container| container.id);
    let asked = query_of(&[("force", Some(&force)), ("v", Some(&volumes))]);
    match call.ask(Method::DELETE, &format!("/containers/{id}{asked}"), None).await {
        Ok(_) => {}
        Err(failure) if failure.is_absent() && query.bool("ignore") => {}
        // One that removes itself goes already: its end is what was asked for.
        Err(failure) if failure.status() == StatusCode::CONFLICT => {
            let goes = known.as_ref().ok().filter(|id| is_going(call, id));
            let id = *goes.ok_or(failure)?;
            let gone = |state: &State| state.container(&id).is_none().then_some(());
            call.caller().wait_for(Key::Container(id), gone).await?;
        }
        Err(failure) => return Err(failure),
    }
    let id = known.map_or_else(|_| id.to_owned(), |id| id.to_string());
    Ok(body::json(StatusCode::OK, &json!([{ "Id": id, "Err": null }])))
}

fn is_going(call: &Call, id: &ContainerId) -> bool {
    let world = call.caller().world();
    world.state.container(id).is_none_or(|container| container.removing)
}
