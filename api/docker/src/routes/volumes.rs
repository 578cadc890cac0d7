//! Routes of volumes.

mod create;
mod inspect;
mod list;
mod prune;
mod remove;

use warp::Filter;

use super::{Route, join};

/// Gives the routes.
pub(super) fn routes() -> Route {
    let group =
        join([create::route(), prune::route(), inspect::route(), remove::route(), list::route()]);
    warp::path("volumes").and(group).boxed()
}
