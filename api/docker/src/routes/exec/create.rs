//! `POST /containers/{id}/exec`.

use std::sync::Arc;

use api_http::{BodyError, body_bytes};
use api_types::{ExecCreateRequest, IdResponse};
use bytes::Bytes;
use http::StatusCode;
use journal_domain::{CreateExec, CreateExecWith, ExecCommand, ExecId, ExecOption};
use warp::{Filter, reply::Response};

use crate::{
    body::{self, SPEC_BYTES_MAX},
    call::{Call, call},
    error::ApiError,
    path::Target,
    random, reply,
    routes::Route,
    secrets,
};

/// Gives the route, which is below `/containers`.
pub(in crate::routes) fn route() -> Route {
    warp::path!(Target / "exec")
        .and(warp::post())
        .and(call())
        .and(body_bytes(SPEC_BYTES_MAX))
        .then(|target: Target, call: Call, body| {
            call.answer("/containers/{id}/exec", move |call| create(call, target.0, body))
        })
        .boxed()
}

async fn create(
    call: Call,
    target: String,
    body: Result<Bytes, BodyError>,
) -> Result<Response, ApiError> {
    let request: ExecCreateRequest =
        body::json(&call, body, api_types::from_json)?.unwrap_or_default();
    let id = ExecId::from_bytes(random::bytes());
    let mut spec = api_asked::exec_spec(&request)?;
    let known = call.world().state.find(&target).ok().and_then(|found| found.keys.last().copied());
    let sealed = secrets::seal(&call, known, &mut spec.env).await?;
    let fresh = sealed.as_ref().map(|sealed| sealed.key).filter(|key| known != Some(*key));
    let create = CreateExec { id, target, spec: Arc::new(spec) };
    let command = match sealed.map(ExecOption::SealedEnvironment) {
        None => ExecCommand::from(create),
        Some(option) => CreateExecWith { create, options: vec![option] }.into(),
    };
    let committed = secrets::submit(&call, command, fresh).await?;
    let body = IdResponse { id: id.to_string() };
    Ok(reply::in_record(reply::json(StatusCode::CREATED, &body), committed.stamp.seq))
}
