//! What a holder reports of ends: of execs, of its run, of a shim that nobody saw end.

use std::{sync::Arc, time::Duration};

use backends_core::Observation;
use backends_logs::sync_log;
use journal_domain::ExecId;
use sandbox_shim::{ExecExit, ExitRecord};
use tokio::{
    task::spawn_blocking,
    time::{Instant, sleep},
};

use super::Holder;
use crate::{connection::Connection, record};

/// How long the shim keeps an exec's end after it was reported.
///
/// The report is in the log a few milliseconds later; a server that is killed before that asks the shim again.
const EXEC_KEPT: Duration = Duration::from_secs(2);

/// How often a connection that broke is made anew before the holder only waits for the end.
const RECONNECTS_MAX: u32 = 3;

/// How long after the end of a container its output is synced.
///
/// A container that removes itself is gone by then, and its output does not burden the disk.
const OUTPUT_SYNC_DELAY: Duration = Duration::from_secs(1);

impl Holder {
    /// Takes over the execs that the shim knew when it was greeted: those that ended are reported by whoever adopts.
    pub(super) fn learn_execs(&mut self) {
        let forget_at = Instant::now() + EXEC_KEPT;
        for exec in &self.connection.state.execs {
            let Ok(id) = exec.exec_id.parse() else { continue };
            if exec.exit.is_none() {
                self.running.insert(id);
            } else {
                self.ended.push_back((forget_at, id));
            }
        }
    }

    /// Connects again to a shim that lives and has cut the connection; false when there is none.
    pub(super) async fn reconnect(&mut self) -> bool {
        self.waiting.clear();
        if self.reconnects == RECONNECTS_MAX {
            return false;
        }
        self.reconnects += 1;
        let Ok(connection) = Connection::open(&self.dir).await else { return false };
        tracing::warn!(run = %self.run, "a shim was connected to again");
        let ends: Vec<ExecExit> =
            connection.state.execs.iter().filter_map(|exec| exec.exit.clone()).collect();
        self.connection = connection;
        for exit in ends {
            self.report_exec_exit(&exit).await;
        }
        self.output_grew();
        true
    }

    pub(super) async fn report_exec_exit(&mut self, exit: &ExecExit) {
        let Ok(exec) = exit.exec_id.parse::<ExecId>() else { return };
        if !self.running.remove(&exec) {
            return;
        }
        self.ended.push_back((Instant::now() + EXEC_KEPT, exec));
        self.report(Observation::ExecExited {
            exec,
            exit_code: exit.code.into(),
            error: String::new(),
        })
        .await;
        self.around.streams.expire(exec);
    }

    pub(super) async fn report_exit(&mut self, record: &ExitRecord) {
        self.output_grew();
        for exit in &record.execs {
            self.report_exec_exit(exit).await;
        }
        self.report_lost_execs("it ended with its container").await;
        self.report(record::ended(self.run, record)).await;
    }

    /// Makes the output outlive a crash of the host, if the container is still there by then.
    pub(super) fn sync_output(&self) {
        let log = self.around.layout.log(self.run.container);
        tokio::spawn(async move {
            sleep(OUTPUT_SYNC_DELAY).await;
            if let Ok(Err(error)) = spawn_blocking(move || sync_log(&log)).await {
                tracing::error!(%error, "the output of a container could not be synced");
            }
        });
    }

    /// Reports the end of a shim that did not tell: from its record, or as lost.
    pub(super) async fn report_unseen_end(&mut self) {
        if let Ok(Some(record)) = record::read_exit(&self.dir) {
            self.report_exit(&record).await;
            return;
        }
        let (around, container) = (Arc::clone(&self.around), self.run.container);
        let swept = spawn_blocking(move || around.host.sweep(&around.layout, container)).await;
        if let Ok(Err(error)) = swept {
            tracing::error!(run = %self.run, %error, "what a shim left running may still run");
        }
        self.output_grew();
        self.report_lost_execs("the process that held its container was killed").await;
        self.report(record::lost(self.run, &self.dir)).await;
    }

    async fn report_lost_execs(&mut self, why: &str) {
        for exec in std::mem::take(&mut self.running) {
            let error = why.to_owned();
            self.report(Observation::ExecExited { exec, exit_code: record::KILLED, error }).await;
            self.around.streams.expire(exec);
        }
    }

    pub(super) async fn report(&self, observation: Observation) {
        let Some(observation) = self.around.probes.take(observation) else { return };
        // Without a receiver the server is ending; the next one finds all of it again.
        let _ = self.around.observations.send(observation).await;
    }
}
