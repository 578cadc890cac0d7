//! Looking at what is there, beside a server or without one: nothing is held, reported, published or removed.

use std::path::Path;

use backends_core::{EffectError, Found, FoundRun, RunId};
use journal_domain::ContainerId;

use crate::{
    LocalBackend,
    adopt::{ended, failed, known_execs},
    layout::Layout,
    record,
    trace::{Trace, trace},
};

// === impl LocalBackend ===

impl LocalBackend {
    /// Tells of every container that has left a trace in the data directory `data`.
    pub async fn look(data: &Path) -> Result<Vec<Found>, EffectError> {
        let layout = Layout::existing(data).map_err(failed)?;
        let listed = layout.clone();
        let containers = tokio::task::spawn_blocking(move || listed.containers());
        let containers = containers.await.map_err(failed)?.map_err(failed)?;
        let mut found = Vec::with_capacity(containers.len());
        for container in containers {
            found.push(look_at(&layout, container).await?);
        }
        Ok(found)
    }
}

async fn look_at(layout: &Layout, container: ContainerId) -> Result<Found, EffectError> {
    let incarnations = layout.incarnations(container).map_err(failed)?;
    let Some(&incarnation) = incarnations.last() else {
        return Ok(Found { container, run: None, execs: Vec::new(), own: false });
    };
    let run = RunId { container, incarnation };
    let dir = layout.run(run);
    let (run, execs) = match trace(run, &dir).await.map_err(failed)? {
        Trace::Nothing => (None, Vec::new()),
        Trace::Live(live) => {
            let start = &live.connection.state.start;
            let running = FoundRun::Running {
                incarnation,
                pid: start.pid,
                started_at: record::timestamp(start.started_at_nanos),
                ports: record::bound_ports(&start.ports),
            };
            (Some(running), known_execs(&live.connection))
        }
        Trace::Ended { exit, .. } => {
            let execs = exit.execs.iter().filter_map(ended).collect();
            (Some(FoundRun::Ended { incarnation, report: record::ended(run, &exit) }), execs)
        }
        Trace::Lost { .. } => {
            let report = record::lost(run, &dir);
            (Some(FoundRun::Ended { incarnation, report }), Vec::new())
        }
    };
    Ok(Found { container, run, execs, own: false })
}
