//! `DELETE /images/{name}`.

use api_shown::removed_items;
use http::StatusCode;
use journal_domain::{DeleteImage, DeleteImageAlone, ImageCommand};
use warp::{Filter, reply::Response};

use crate::{
    call::{Call, call},
    error::ApiError,
    path::{Target, whole_name},
    reply,
    routes::Route,
};

pub(super) fn route() -> Route {
    warp::delete()
        .and(whole_name())
        .and(call())
        .then(|name: Target, call: Call| {
            call.answer("/images/{name}", move |call| remove(call, name.0))
        })
        .boxed()
}

async fn remove(call: Call, target: String) -> Result<Response, ApiError> {
    let query = call.query()?;
    let (force, alone) = (query.bool("force"), query.bool("noprune"));
    let target_name = api_shown::image_name(&target);
    // Kept from before, for what went is no longer in the state.
    let before = call.world();
    let delete = DeleteImage { target, target_name, force };
    let command: ImageCommand =
        if alone { DeleteImageAlone { delete }.into() } else { delete.into() };
    let committed = call.submit(command).await?;
    let items = removed_items(&committed.events, &before.state, &call.world().state);
    Ok(reply::in_record(reply::json(StatusCode::OK, &items), committed.stamp.seq))
}
