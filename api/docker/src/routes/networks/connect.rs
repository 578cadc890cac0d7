//! `POST /networks/{id}/connect`.

use api_http::{BodyError, body_bytes};
use api_types::{EndpointSettings, NetworkConnectRequest, from_json};
use bytes::Bytes;
use http::StatusCode;
use journal_domain::{ConnectContainer, EndpointId, NetworkCommand};
use warp::{Filter, reply::Response};

use crate::{
    body::{self, SPEC_BYTES_MAX},
    call::{Call, call},
    error::ApiError,
    path::Target,
    random, reply,
    routes::Route,
    settle,
};

pub(super) fn route() -> Route {
    warp::path!(Target / "connect")
        .and(warp::post())
        .and(call())
        .and(body_bytes(SPEC_BYTES_MAX))
        .then(|target: Target, call: Call, body| {
            call.answer("/networks/{id}/connect", move |call| connect(call, target.0, body))
        })
        .boxed()
}

async fn connect(
    call: Call,
    network: String,
    body: Result<Bytes, BodyError>,
) -> Result<Response, ApiError> {
    call.version()?;
    let request: NetworkConnectRequest = body::json(&call, body, from_json)?
        .ok_or_else(|| ApiError::invalid("got EOF while reading request body"))?;
    let settings: EndpointSettings = request.endpoint_config.unwrap_or_default();
    let endpoint = EndpointId::from_bytes(random::bytes());
    let command = ConnectContainer {
        request: Box::new(api_shown::endpoint(&network, &settings)?),
        network,
        container: request.container.clone(),
        endpoint,
    };
    let seq = call.submit(NetworkCommand::from(command)).await?.stamp.seq;
    let id = call.world().state.find(&request.container).map(|container| container.id);
    if let Ok(id) = id {
        settle::wired(&call, id, endpoint, seq).await.map_err(|error| error.at(seq))?;
    }
    Ok(reply::in_record(reply::empty(StatusCode::OK), seq))
}
