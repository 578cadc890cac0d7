//! The servers of names: one for each run that is in a network with names.
//!
//! The sockets are in the container's network and are held by its shim, so that they outlive this server; whoever holds the
//! run takes copies and answers. What the state knows is answered from its present snapshot, without a lock and without a
//! copy of it here; everything else is asked of the container's own servers, or the host's, from the host's network.

mod answer;
mod forward;
mod serve;

use std::net::{Ipv4Addr, SocketAddr};

use backends_core::{EffectError, RunId};
use journal_domain::ContainerId;
use sandbox_shim::{Request, Resolver};

use crate::{LocalBackend, bridge, registry::locked};

/// Where containers ask for names, as Docker has it.
const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 11);

/// The sockets' own port. The usual one stays free for programs of the container; this one is nobody's.
const PORT: u16 = 35_053;

/// Tells a shim which sockets its container needs.
pub(crate) fn resolver() -> Resolver {
    let (rules, acknowledged) = bridge::names_rules(ADDRESS, PORT);
    Resolver { address: SocketAddr::from((ADDRESS, PORT)), rules, acknowledged }
}

impl LocalBackend {
    /// Serves names to a run from now on, if it is in a network that has some.
    pub(crate) async fn serve_names(&self, run: RunId) {
        let Some(names) = locked(&self.around.names).clone() else { return };
        if !names.has_names(&run.container) {
            return;
        }
        if let Err(error) = self.take_sockets(run).await {
            // It may have ended meanwhile, and else its names are missing: that must be seen.
            tracing::warn!(%run, %error, "a container is served no names");
        }
    }

    /// Serves names to a run, also one that is in no such network yet.
    pub(crate) async fn take_sockets(&self, run: RunId) -> Result<(), EffectError> {
        let Some(names) = locked(&self.around.names).clone() else { return Ok(()) };
        let held = self.registry.run(run.container).filter(|held| held.run == run);
        let held = held.ok_or(EffectError::Gone)?;
        if !held.begin_names() {
            return Ok(());
        }
        let sockets = match held.call(Request::Resolver(Box::new(resolver()))).await {
            Ok(sockets) => serve::Sockets::of(sockets),
            Err(error) => Err(std::io::Error::other(error)),
        };
        let sockets = sockets.map_err(|error| {
            held.end_names();
            EffectError::Failed(format!("sockets for names: {error}"))
        })?;
        let (asker, ended): (ContainerId, _) = (run.container, held.ended());
        tokio::spawn(async move {
            tokio::select! {
                () = serve::serve(sockets, asker, names) => {}
                () = ended => {}
            }
        });
        Ok(())
    }
}
