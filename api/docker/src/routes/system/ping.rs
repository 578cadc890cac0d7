//! `GET` and `HEAD /_ping`.

use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA},
};
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call},
    error::ApiError,
    moment::Look,
    reply,
    routes::Route,
};

/// The builder that clients shall use: the classic one, until there is a BuildKit service.
const BUILDER_VERSION: &str = "1";

pub(super) fn route() -> Route {
    warp::path!("_ping")
        .and(warp::get().or(warp::head()).unify())
        .and(call())
        .then(|call: Call| call.look("/_ping", ping))
        .boxed()
}

async fn ping(look: Look) -> Result<Response, ApiError> {
    look.version()?;
    // For HEAD the HTTP library keeps the headers and leaves the body out.
    let mut response = Response::new("OK".into());
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (CACHE_CONTROL, "no-cache, no-store, must-revalidate"),
        (PRAGMA, "no-cache"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("builder-version", HeaderValue::from_static(BUILDER_VERSION));
    headers.insert("swarm", HeaderValue::from_static("inactive"));
    Ok(reply::as_of(response, look.world().seq))
}
