//! Finding what a server before this one left.

use backends_core::{EffectError, Found, FoundExec, FoundRun, RunId};
use journal_domain::ContainerId;
use sandbox_shim::{ExecExit, ExecState};

use crate::{
    LocalBackend,
    connection::Connection,
    errors::chain,
    record,
    run::RunHandle,
    trace::{Trace, trace},
    trash::empty_trash,
};

// === impl LocalBackend ===

impl LocalBackend {
    /// Finds every container with a directory of its own, and holds those that run.
    pub(crate) async fn find_all(&self) -> Result<Vec<Found>, EffectError> {
        let around = self.around.clone();
        let containers = tokio::task::spawn_blocking(move || {
            empty_trash(&around.layout);
            around.layout.containers()
        });
        let containers = containers.await.map_err(failed)?.map_err(failed)?;
        let mut found = Vec::with_capacity(containers.len());
        for container in containers {
            found.push(self.find(container).await?);
        }
        Ok(found)
    }

    async fn find(&self, container: ContainerId) -> Result<Found, EffectError> {
        let slot = self.registry.slot(container);
        if let Some(held) = slot.run() {
            if held.runs() {
                // It was found by a list before this one, so its shim is asked beside the connection that is held.
                let dir = self.around.layout.run(held.run);
                let connection = Connection::open(&dir).await.map_err(failed)?;
                let execs = known_execs(&connection);
                return Ok(Found { container, run: Some(running(&held)), execs, own: false });
            }
            held.gone().await;
        }
        let incarnations = self.around.layout.incarnations(container).map_err(failed)?;
        let Some(&incarnation) = incarnations.last() else {
            return Ok(Found { container, run: None, execs: Vec::new(), own: false });
        };
        let run = RunId { container, incarnation };
        let dir = self.around.layout.run(run);
        let (report, execs) = match trace(run, &dir).await.map_err(failed)? {
            Trace::Nothing => {
                return Ok(Found { container, run: None, execs: Vec::new(), own: false });
            }
            Trace::Live(live) => {
                let execs = known_execs(&live.connection);
                let ports = live.connection.state.start.ports.clone();
                self.around.ports.publish(run, &ports).await;
                let holder = self.hold(run, &slot, *live);
                tokio::spawn(holder.hold());
                self.serve_names(run).await;
                let held = slot.run().map(|held| running(&held));
                return Ok(Found { container, run: held, execs, own: false });
            }
            Trace::Ended { exit, .. } => {
                let execs = exit.execs.iter().filter_map(ended).collect();
                (record::ended(run, &exit), execs)
            }
            Trace::Lost { .. } => {
                self.sweep(container).await?;
                (record::lost(run, &dir), Vec::new())
            }
        };
        Ok(Found {
            container,
            run: Some(FoundRun::Ended { incarnation, report }),
            execs,
            own: false,
        })
    }
}

fn running(held: &RunHandle) -> FoundRun {
    FoundRun::Running {
        incarnation: held.run.incarnation,
        pid: held.pid,
        started_at: held.started_at,
        ports: held.ports.clone(),
    }
}

pub(crate) fn known_execs(connection: &Connection) -> Vec<FoundExec> {
    connection.state.execs.iter().filter_map(known).collect()
}

fn known(exec: &ExecState) -> Option<FoundExec> {
    let id = exec.exec_id.parse().ok()?;
    match &exec.exit {
        Some(exit) => ended(exit),
        None => Some(FoundExec { exec: id, pid: Some(exec.pid), exit_code: None }),
    }
}

pub(crate) fn ended(exit: &ExecExit) -> Option<FoundExec> {
    let exec = exit.exec_id.parse().ok()?;
    Some(FoundExec { exec, pid: None, exit_code: Some(exit.code.into()) })
}

pub(crate) fn failed(error: impl std::error::Error + 'static) -> EffectError {
    EffectError::Failed(chain(&error))
}
