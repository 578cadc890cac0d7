//! `POST /networks/create`.

use api_http::{BodyError, body_bytes};
use api_types::{NetworkCreateRequest, NetworkCreateResponse, from_json};
use bytes::Bytes;
use http::StatusCode;
use journal_domain::{CreateConfiguredNetwork, CreateNetwork, NetworkCommand, NetworkId};
use warp::{Filter, reply::Response};

use crate::{
    body::{self, SPEC_BYTES_MAX},
    call::{Call, call},
    error::ApiError,
    random, reply,
    routes::Route,
    settle,
};

pub(super) fn route() -> Route {
    warp::path!("create")
        .and(warp::post())
        .and(call())
        .and(body_bytes(SPEC_BYTES_MAX))
        .then(|call: Call, body| call.answer("/networks/create", move |call| create(call, body)))
        .boxed()
}

async fn create(call: Call, body: Result<Bytes, BodyError>) -> Result<Response, ApiError> {
    call.version()?;
    let request: NetworkCreateRequest = body::json(&call, body, from_json)?
        .ok_or_else(|| ApiError::invalid("got EOF while reading request body"))?;
    let (request, configuration) = api_shown::network_request(request)?;
    let request = Box::new(request);
    let id = NetworkId::from_bytes(random::bytes());
    let reached = call.context().backend.reached().await.map_err(ApiError::from)?;
    let create = CreateNetwork { id, request, reached };
    let command = match configuration {
        None => NetworkCommand::from(create),
        Some(configuration) => CreateConfiguredNetwork { create, configuration }.into(),
    };
    let seq = call.submit(command).await?.stamp.seq;
    settle::network_made(&call, id, seq).await.map_err(|error| error.at(seq))?;
    let body = NetworkCreateResponse { id: id.to_string(), warning: String::new() };
    Ok(reply::in_record(reply::json(StatusCode::CREATED, &body), seq))
}
