//! Routes of networks.

mod connect;
mod create;
mod disconnect;
mod inspect;
mod list;
mod prune;
mod remove;

use warp::Filter;

use super::{Route, join};

/// Gives the routes.
pub(super) fn routes() -> Route {
    let group = join([
        create::route(),
        prune::route(),
        connect::route(),
        disconnect::route(),
        inspect::route(),
        remove::route(),
        list::route(),
    ]);
    warp::path("networks").and(group).boxed()
}
