//! Routes of images. A name has slashes, so most of these look at the end of the path first.

mod create;
mod inspect;
mod list;
mod load;
mod reference_pattern;
mod remove;
mod tag;
mod transfer;

use warp::Filter;

use self::transfer::Slots;
use super::{Route, join};

/// Gives the routes.
pub(super) fn routes() -> Route {
    let slots = Slots::new();
    let group = join([
        list::route(),
        create::route(slots.clone()),
        load::route(slots),
        inspect::route(),
        tag::route(),
        remove::route(),
    ]);
    warp::path("images").and(group).boxed()
}
