//! `POST /images/{name}/tag`.

use http::StatusCode;
use journal_domain::{ImageCommand, TagImage};
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call},
    error::ApiError,
    path::{Target, name_before},
    reply,
    routes::Route,
};

pub(super) fn route() -> Route {
    warp::post()
        .and(name_before("tag"))
        .and(call())
        .then(|name: Target, call: Call| {
            call.answer("/images/{name}/tag", move |call| tag(call, name.0))
        })
        .boxed()
}

async fn tag(call: Call, target: String) -> Result<Response, ApiError> {
    let query = call.query()?;
    let (repository, tag) = (query.get("repo").unwrap_or_default(), query.get("tag"));
    let name = api_asked::tagged_name(repository, tag.unwrap_or_default())?;
    let target_name = api_shown::image_name(&target);
    let committed = call.submit(ImageCommand::from(TagImage { target, target_name, name })).await?;
    Ok(reply::in_record(reply::empty(StatusCode::CREATED), committed.stamp.seq))
}
