//! Routes of containers, but for those whose answers are streams.

mod archive;
mod changes;
mod create;
mod export;
mod inspect;
mod kill;
mod list;
mod pause;
mod prune;
mod remove;
mod rename;
mod resize;
mod restart;
mod signal;
mod size;
mod start;
mod stop;
mod top;
mod update;

use warp::Filter;

use super::{Route, exec, join};

pub(super) use self::{resize::window, size::with_sizes};

/// Gives the routes, those that clients call most first.
pub(super) fn routes() -> Route {
    let group = join([
        inspect::route(),
        start::route(),
        create::route(),
        list::route(),
        remove::route(),
        exec::create_route(),
        stop::route(),
        kill::route(),
        resize::route(),
        restart::route(),
        rename::route(),
        prune::route(),
        pause::pause(),
        pause::unpause(),
        top::route(),
        update::route(),
        archive::stat_route(),
        archive::read_route(),
        archive::write_route(),
        export::route(),
        changes::route(),
    ]);
    warp::path("containers").and(group).boxed()
}
