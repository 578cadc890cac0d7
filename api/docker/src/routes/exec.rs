//! Routes of execs, but for the start, whose answer is a stream.

mod create;
mod inspect;
mod resize;

use warp::Filter;

use super::{Route, join};

pub(super) use self::create::route as create_route;

/// Gives the routes below `/exec`.
pub(super) fn routes() -> Route {
    warp::path("exec").and(join([inspect::route(), resize::route()])).boxed()
}
