//! The routes: a folder for each kind of object, a file for each route.

mod containers;
mod exec;
mod images;
mod making;
mod networks;
mod plugins;
mod registry;
mod system;
mod unanswered;
mod volumes;

use warp::{Filter, filters::BoxedFilter, reply::Response};

use crate::streams;

/// A route, or several of them.
pub(crate) type Route = BoxedFilter<(Response,)>;

/// Gives all routes. What no route takes is answered too, so the filter never rejects.
pub(crate) fn all() -> Route {
    join([
        containers::routes(),
        streams::routes(),
        exec::routes(),
        system::routes(),
        registry::routes(),
        images::routes(),
        making::routes(),
        networks::routes(),
        volumes::routes(),
        plugins::routes(),
        unanswered::route(),
    ])
}

/// Joins routes; the first that takes a request answers it, and costs least.
fn join<const N: usize>(routes: [Route; N]) -> Route {
    // From the last to the first, so that what stands first is outermost.
    let joined = routes.into_iter().rev().reduce(|rest, route| route.or(rest).unify().boxed());
    joined.expect("every group has a route")
}
