//! The routes whose answers go on: attach, exec start, logs, stats, wait, events.
//!
//! Bytes never pass through the log; a stream's opening and its end do. A container's output is read from what
//! is kept of it, so a slow client holds nobody up, and an attach before the start misses nothing.

mod attach;
mod events;
mod exec;
mod input;
mod kept;
mod logs;
mod output;
mod record;
mod stats;
mod wait;

pub(crate) use kept::{Frame, RunEnd};

use warp::{Filter, filters::BoxedFilter, reply::Response};

/// Gives the routes.
pub(crate) fn routes() -> BoxedFilter<(Response,)> {
    attach::route()
        .or(attach::websocket_route())
        .unify()
        .or(exec::route())
        .unify()
        .or(logs::route())
        .unify()
        .or(stats::route())
        .unify()
        .or(wait::route())
        .unify()
        .or(events::route())
        .unify()
        .boxed()
}
