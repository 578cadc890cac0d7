//! Routes about the server itself.

mod disk_usage;
mod info;
mod ping;
mod version;

use super::{Route, join};

/// Gives the routes.
pub(super) fn routes() -> Route {
    join([ping::route(), version::route(), info::route(), disk_usage::route()])
}
