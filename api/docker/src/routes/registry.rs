//! Routes that ask registries and change nothing here.

mod auth;
mod distribution;
mod search;

use warp::Filter as _;

use super::{Route, join};

/// Gives the routes.
pub(super) fn routes() -> Route {
    join([auth::route(), distribution::route(), search::route()]).boxed()
}
