//! `POST /images/create`: an import, or a pull.

use api_http::{BodyStream, body_stream};
use warp::{Filter, reply::Response};

use super::{import::import, pull::pull, transfer::Slots};
use crate::{
    call::{Call, call},
    error::ApiError,
    routes::Route,
};

pub(super) fn route(slots: Slots) -> Route {
    warp::path!("create")
        .and(warp::post())
        .and(call())
        .and(body_stream())
        .then(move |call: Call, body| {
            let slots = slots.clone();
            call.answer("/images/create", move |call| create(call, body, slots))
        })
        .boxed()
}

async fn create(call: Call, body: BodyStream, slots: Slots) -> Result<Response, ApiError> {
    let query = call.query()?;
    if let Some(image) = query.get("fromImage").filter(|image| !image.is_empty()) {
        return pull(call.clone(), image, &query, slots).await;
    }
    match query.get("fromSrc").filter(|source| !source.is_empty()) {
        Some(source) => import(call.clone(), &query, source, body, slots).await,
        None => Err(ApiError::invalid(
            "either fromImage or fromSrc must say where the image comes from",
        )),
    }
}
