//! Whose namespaces a run has.

use backends_core::{StartError, Workload};
use journal_domain::{IpcMode, Sharing as Asked};
use sandbox_shim::{Ipc, Namespaces, Peer, Sharing};

use super::refused;
use crate::{layout::Layout, record};

/// Gives the namespaces of a run; those it shares with another container are that one's as it runs now.
pub(super) fn namespaces(workload: &Workload, layout: &Layout) -> Result<Namespaces, StartError> {
    let place = workload.options.as_ref().and_then(|options| options.pod.as_ref());
    let uts_of = place.and_then(|place| place.uts_of.as_ref());
    Ok(Namespaces {
        uts_of: uts_of.map(|peer_id| peer(workload, layout, peer_id)).transpose()?,
        holder: place.is_some_and(|place| place.holds),
        ..asked_for(workload, layout)?
    })
}

fn asked_for(workload: &Workload, layout: &Layout) -> Result<Namespaces, StartError> {
    let options = workload.options.as_ref();
    let Some(asked) = options.and_then(|options| options.namespaces.as_ref()) else {
        return Ok(Namespaces::default());
    };
    let sharing = |asked: &Asked| match asked {
        Asked::Host => Ok(Sharing::Host),
        Asked::Container(text) => peer(workload, layout, text).map(Sharing::Peer),
    };
    Ok(Namespaces {
        pid: asked.pid.as_ref().map(sharing).transpose()?.unwrap_or_default(),
        ipc: match &asked.ipc {
            Some(IpcMode::None) => Ipc::None,
            Some(IpcMode::Shareable) | None => Ipc::default(),
            Some(IpcMode::Sharing(asked)) => Ipc::Of(sharing(asked)?),
        },
        host_uts: asked.host_uts,
        host_cgroup: asked.host_cgroup,
        ..Namespaces::default()
    })
}

/// Finds the processes of another container's run.
pub(super) fn peer(workload: &Workload, layout: &Layout, text: &str) -> Result<Peer, StartError> {
    let gone = || refused(format!("container {text} is not running"));
    let run = workload.peers.get(text).ok_or_else(gone)?;
    let start = record::read_start(&layout.run(*run)).ok().flatten().ok_or_else(gone)?;
    Ok(Peer { pid: start.pid, shim_pid: start.shim_pid })
}
