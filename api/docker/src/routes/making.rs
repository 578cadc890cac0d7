//! Routes that make images of what is here, and remove what only making needs.

mod build;
mod commit;
mod prune;

use super::{Route, images::Slots, join};

/// Commits that are made at once; others wait for their turn. Each keeps a processor and the disk busy.
const COMMITS_AT_ONCE: usize = 4;

/// Builds that are under way at once; others wait for their turn.
///
/// A program of a step may take an hour and use nothing of the server meanwhile, so there are more of them than of transfers;
/// each has a context on the disk and a few threads while it copies.
const BUILDS_AT_ONCE: usize = 32;

/// Images that are fetched at once for builds.
const PULLS_AT_ONCE: usize = 4;

/// Gives the routes.
pub(super) fn routes() -> Route {
    join([
        build::route(Slots::of(BUILDS_AT_ONCE), Slots::of(PULLS_AT_ONCE)),
        commit::route(Slots::of(COMMITS_AT_ONCE)),
        prune::route(),
    ])
}
