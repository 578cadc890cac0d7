//! Clients under load while the server is killed again and again, and a checker of their history.
//!
//! A round: clients create, start, rename, wait for and remove containers; at a random moment the server is killed;
//! when every call has been answered or cut off, it is started again and everything that was ever acknowledged is
//! compared with what it says. A call that was cut off may have happened or not, but not by half. Containers that
//! run go on with the same processes, and what they write has no gap.
//!
//! `SOCKERLESS_TEST_KILLS` sets the number of rounds, `SOCKERLESS_TEST_SEED` repeats a run's draws.

mod checker;
mod counters;
mod history;
mod model;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tests_conformance::{Archives, Server, eventually, mounts, processes, report};
use tests_e2e::{kills, seed};
use tokio::sync::{RwLock, watch};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::counters::Counters;
use crate::history::History;
use crate::model::{Model, Shared};
use crate::worker::Worker;

/// Rounds of a plain run: enough to hit every gap between two system calls of a change some times.
const KILLS: u32 = 300;

/// Clients at once: more than there are processors, so that groups of records form.
const WORKERS: usize = 6;

/// The longest time that a round lets the clients work.
const WORK_MILLIS_MAX: u64 = 120;

/// One round in so many kills the server a second time while it starts.
const BOOT_KILL_EVERY: u32 = 8;

/// The longest time until a starting server is killed.
const BOOT_MILLIS_MAX: u64 = 60;

/// Rounds between two looks at all the output of the counting containers.
const OUTPUT_EVERY: u32 = 20;

/// A loop in progress.
struct Loop {
    server: Server,
    random: fastrand::Rng,
    models: Vec<Shared<Model>>,
    history: Shared<History>,
    counters: Counters,
    gate: Arc<RwLock<()>>,
    round: watch::Sender<u32>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_however_often_the_server_is_killed() -> Result<()> {
    let (kills, seed) = (kills(KILLS)?, seed()?);
    report(&format!("{kills} kills, SOCKERLESS_TEST_SEED={seed}"));
    let mut server = Server::start().await?;
    let folder = tempfile::tempdir()?;
    Archives::make(folder.path())?.put_into(&server.client()).await?;
    let counters = Counters::start(&mut server).await?;
    let mut random = fastrand::Rng::with_seed(seed);
    let models: Vec<Shared<Model>> = (0..WORKERS).map(Model::shared).collect();
    let history = Shared::default();
    let gate = Arc::new(RwLock::new(()));
    let (round, rounds) = watch::channel(0);
    let closed = Arc::clone(&gate).write_owned().await;
    let workers: Vec<_> = models
        .iter()
        .map(|model| Worker {
            client: server.client(),
            random: random.fork(),
            model: Arc::clone(model),
            history: Arc::clone(&history),
            gate: Arc::clone(&gate),
            rounds: rounds.clone(),
        })
        .map(|worker| tokio::spawn(worker.work()))
        .collect();
    drop((rounds, closed));
    let mut running = Loop { server, random, models, history, counters, gate, round };
    for number in 1..=kills {
        if workers.iter().any(JoinHandle::is_finished) {
            // A client ends before the last round only when it found something wrong.
            break;
        }
        if let Err(error) = running.round(number).await {
            report(&format!("-- the end of the server's log\n{}", running.server.log_end()));
            return Err(error.context(format!("kill {number} of {kills}, seed {seed}")));
        }
    }
    let ended = running.end(workers).await;
    let (records, lines) = ended.with_context(|| format!("at the end, seed {seed}"))?;
    report(&format!(
        "{{\"suite\":\"kill-loop\",\"seed\":{seed},\"tried\":{kills},\"lost\":0,\
         \"acknowledged_changes\":{records},\"lines_of_output\":{lines}}}"
    ));
    Ok(())
}

impl Loop {
    /// Lets the clients work, kills the server, starts it again and checks everything.
    async fn round(&mut self, number: u32) -> Result<()> {
        sleep(Duration::from_millis(self.random.u64(..=WORK_MILLIS_MAX))).await;
        self.server.kill()?;
        // Every call ends now, answered or cut off; none begins until the check is done.
        let gate = Arc::clone(&self.gate);
        let _closed = gate.write().await;
        if number.is_multiple_of(BOOT_KILL_EVERY) {
            self.server.spawn()?;
            sleep(Duration::from_millis(self.random.u64(..=BOOT_MILLIS_MAX))).await;
            self.server.kill()?;
        }
        self.server.start_again().await?;
        self.check().await?;
        if number.is_multiple_of(OUTPUT_EVERY) {
            self.counters.check_output(&self.server.client()).await?;
        }
        self.round.send_replace(number);
        Ok(())
    }

    async fn check(&mut self) -> Result<()> {
        checker::check(&self.server.client(), &self.models, &self.counters).await
    }

    /// Ends the clients, checks the whole history, removes everything and looks for what is left; counts the changes
    /// that were acknowledged, and the lines of output.
    async fn end(mut self, workers: Vec<JoinHandle<Result<()>>>) -> Result<(usize, u64)> {
        self.round.send_replace(worker::END);
        for worker in workers {
            worker.await??;
        }
        self.check().await?;
        let lines = self.counters.check_output(&self.server.client()).await?;
        let records = self.history.lock().expect("no worker panics").check()?;
        let text = self.server.journal(&["ls", "--json"])?;
        self.history.lock().expect("no worker panics").check_against_log(&text)?;
        report(&format!("{records} acknowledged changes, {lines} lines without a gap"));
        self.remove_all().await?;
        self.server.stop()?;
        report(&self.server.journal(&["verify"])?);
        Ok((records, lines))
    }

    async fn remove_all(&mut self) -> Result<()> {
        let client = self.server.client();
        let listed = client.get("/containers/json?all=1").await?.expect_status(200)?.json()?;
        for entry in listed.as_array().context("a list")? {
            let id = entry["Id"].as_str().context("Id")?;
            client.delete(&format!("/containers/{id}?force=1")).await?.expect_status(204)?;
        }
        let (data, own) = (self.server.data(), self.server.pid()?);
        eventually("nothing is left", Duration::from_secs(30), async || {
            let mut left = processes(&data)?;
            left.retain(|process| process.pid != own);
            ensure!(left.is_empty(), "processes are left: {left:#?}");
            let mounts = mounts(&data)?;
            ensure!(mounts.is_empty(), "mounts are left: {mounts:?}");
            Ok(Some(()))
        })
        .await
    }
}
