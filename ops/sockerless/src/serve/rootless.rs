//! A server that was not started by root: it goes into a user namespace of its own before it has threads.

use std::path::{Path, PathBuf, absolute};

use anyhow::Context as _;

/// Enters the namespaces of the server of `data`, where this user cannot do without; gives the network of the bridges.
pub(super) fn enter(data: &Path, shim: &Path) -> anyhow::Result<Option<PathBuf>> {
    if !backends_local::is_needed() {
        return Ok(None);
    }
    let entered = backends_local::enter(&absolute(data)?, &absolute(shim)?)
        .context("running without root rights")?;
    for warning in &entered.warnings {
        tracing::warn!("{warning}");
    }
    Ok(Some(entered.hub))
}

/// Ends what kept the namespaces, once nothing runs in there.
pub(super) fn leave(data: &Path) -> anyhow::Result<()> {
    backends_local::leave(data).context("ending what kept the namespaces")
}
