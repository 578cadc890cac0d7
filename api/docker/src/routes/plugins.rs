//! Plugins: there are none, and none can be had; what would install one is refused by name, as any route that is not built.

use warp::{Filter, reply::Response};

use super::{Route, join};
use crate::{
    call::{Call, call, read},
    error::ApiError,
    moment::Look,
    path::{Target, name_before},
};

/// Gives the routes.
pub(super) fn routes() -> Route {
    warp::path("plugins").and(join([list(), inspect()])).boxed()
}

fn list() -> Route {
    warp::path::end()
        .and(warp::get())
        .and(call())
        .then(|call: Call| call.look("/plugins", none))
        .boxed()
}

async fn none(look: Look) -> Result<Response, ApiError> {
    look.version()?;
    Ok(read::<[(); 0]>(&look.world(), &[]))
}

fn inspect() -> Route {
    warp::get()
        .and(name_before("json"))
        .and(call())
        .then(|name: Target, call: Call| {
            call.look("/plugins/{name}/json", async move |look| unknown(&look, &name.0))
        })
        .boxed()
}

fn unknown(look: &Look, name: &str) -> Result<Response, ApiError> {
    look.version()?;
    Err(ApiError::not_found(format!("plugin {name:?} not found")))
}
