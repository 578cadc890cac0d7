//! `POST /auth`: whether a registry takes a user's credentials. They are sent there, and stay nowhere.

use api_http::{BodyError, body_bytes};
use api_types::AuthResponse;
use backends_images::Credentials;
use bytes::Bytes;
use http::StatusCode;
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call},
    error::ApiError,
    reply,
    routes::Route,
};

/// Bytes of a body with credentials. Tokens of clouds have a few thousand.
const AUTH_BYTES_MAX: usize = 64 * 1024;

pub(super) fn route() -> Route {
    warp::path!("auth")
        .and(warp::post())
        .and(call())
        .and(body_bytes(AUTH_BYTES_MAX))
        .then(|call: Call, body| call.answer("/auth", move |call| auth(call, body)))
        .boxed()
}

async fn auth(call: Call, body: Result<Bytes, BodyError>) -> Result<Response, ApiError> {
    call.version()?;
    let (credentials, server) = Credentials::from_json(&body?)?;
    let token = call.context().registry.login(&server, &credentials).await;
    let identity_token = token.map_err(|error| ApiError::registry_failed(&error))?;
    let answer = AuthResponse { status: "Login Succeeded".to_owned(), identity_token };
    Ok(reply::json(StatusCode::OK, &answer))
}
