//! Routes of images. A name has slashes, so most of these look at the end of the path first.

mod create;
mod history;
mod import;
mod inspect;
mod list;
mod load;
mod progress;
mod prune;
mod pull;
mod push;
mod remove;
mod save;
mod tag;
mod transfer;

use warp::Filter;

pub(super) use self::{
    progress::{FETCH_PAUSE, bytes_line},
    prune::label as label_filter,
    pull::pull_for_build,
    transfer::{Failure, Slots, Transfer, feed},
};
use super::{Route, join};

/// Gives the routes.
pub(super) fn routes() -> Route {
    let (slots, saves) = (Slots::for_transfers(), Slots::for_saves());
    let group = join([
        list::route(),
        create::route(slots.clone()),
        push::route(slots.clone()),
        load::route(slots),
        prune::route(),
        save::of_several(saves.clone()),
        save::of_one(saves),
        history::route(),
        inspect::route(),
        tag::route(),
        remove::route(),
    ]);
    warp::path("images").and(group).boxed()
}
