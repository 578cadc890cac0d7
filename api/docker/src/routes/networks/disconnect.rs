//! `POST /networks/{id}/disconnect`.

use api_http::{BodyError, body_bytes};
use api_types::{NetworkDisconnectRequest, from_json};
use bytes::Bytes;
use http::StatusCode;
use journal_domain::{ContainerId, DisconnectContainer, EndpointId, NetworkCommand};
use projector_containers::State;
use warp::{Filter, reply::Response};

use crate::{
    body::{self, SPEC_BYTES_MAX},
    call::{Call, call},
    error::ApiError,
    path::Target,
    reply,
    routes::Route,
    settle,
};

pub(super) fn route() -> Route {
    warp::path!(Target / "disconnect")
        .and(warp::post())
        .and(call())
        .and(body_bytes(SPEC_BYTES_MAX))
        .then(|target: Target, call: Call, body| {
            call.answer("/networks/{id}/disconnect", move |call| disconnect(call, target.0, body))
        })
        .boxed()
}

async fn disconnect(
    call: Call,
    network: String,
    body: Result<Bytes, BodyError>,
) -> Result<Response, ApiError> {
    call.version()?;
    let request: NetworkDisconnectRequest = body::json(&call, body, from_json)?
        .ok_or_else(|| ApiError::invalid("got EOF while reading request body"))?;
    let found = call.world().state.find(&request.container).map(|container| container.id);
    if let Ok(id) = found {
        // Whatever came of a change that is under way: what is on its way in cannot be taken out yet.
        settle::at_rest(&call, id).await?;
    }
    let (target, force) = (request.container.clone(), request.force);
    let command = DisconnectContainer { network: network.clone(), container: target, force };
    let seq = call.submit(NetworkCommand::from(command)).await?.stamp.seq;
    if let Some((id, endpoint)) = left(&call.world().state, &request.container, &network) {
        settle::wired(&call, id, endpoint, seq).await.map_err(|error| error.at(seq))?;
    }
    Ok(reply::in_record(reply::empty(StatusCode::OK), seq))
}

/// Gives a container that has been told to leave a network, and its place there for as long as it has one.
fn left(state: &State, container: &str, network: &str) -> Option<(ContainerId, EndpointId)> {
    let container = state.find(container).ok()?;
    let name = match state.networks().find(network) {
        Ok(kept) => kept.network.name.as_str(),
        Err(_) => network,
    };
    let lease = container.endpoint(name)?.lease?;
    Some((container.id, lease.endpoint))
}
