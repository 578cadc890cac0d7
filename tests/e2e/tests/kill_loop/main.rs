//! Clients under load while the server is killed again and again, and a checker of their history.
//!
//! A round: clients create, start, stop, exec into, rename, wait for, look at and remove containers; at a random moment,
//! or at a chosen system call, the server is killed; when every call has been answered or cut off, it is started
//! again and everything that was ever acknowledged is compared with what it says. A call that was cut off may have
//! happened or not, but not by half. Containers that run go on with the same processes, none runs twice, and what
//! they write has no gap. At the end every answer is compared with the log.
//!
//! `SOCKERLESS_TEST_KILLS` sets the number of rounds, `SOCKERLESS_TEST_POINTS` that of system calls,
//! `SOCKERLESS_TEST_SEED` repeats a run's draws.

mod calls;
mod checker;
mod counters;
mod history;
mod log;
mod model;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tests_conformance::{Archives, Server, eventually, mounts, processes, report};
use tests_e2e::{Figures, kills, seed, tell};
use tokio::sync::{Mutex, MutexGuard, OwnedRwLockWriteGuard, RwLock, watch};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::counters::Counters;
use crate::history::History;
use crate::log::Log;
use crate::model::{Model, Shared};
use crate::worker::Worker;

/// Rounds of a plain run: enough to hit every gap between two system calls of a change some times.
const KILLS: u32 = 300;

/// Loops take turns: each looks for programs that run twice among all processes of the machine.
static TURN: Mutex<()> = Mutex::const_new(());

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
    /// Held for as long as this loop works.
    _turn: MutexGuard<'static, ()>,
    server: Server,
    random: fastrand::Rng,
    models: Vec<Shared<Model>>,
    history: Shared<History>,
    counters: Counters,
    gate: Arc<RwLock<()>>,
    /// Keeps the gate closed from one server to the next, where a round does not do so by itself.
    closed: Option<OwnedRwLockWriteGuard<()>>,
    round: watch::Sender<u32>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_however_often_the_server_is_killed() -> Result<()> {
    let (kills, seed) = (kills(KILLS)?, seed()?);
    tell(&format!("{kills} kills, SOCKERLESS_TEST_SEED={seed}"));
    let mut figures = Figures::new("kill-loop", seed);
    let (mut running, workers) = Loop::begin(seed).await?;
    for number in 1..=kills {
        if workers.iter().any(JoinHandle::is_finished) {
            // A client ends before the last round only when it found something wrong.
            break;
        }
        if let Err(error) = running.round(number).await {
            report(&format!("-- the end of the server's log\n{}", running.server.log_end()));
            return Err(error.context(format!("kill {number} of {kills}, seed {seed}")));
        }
        figures.tried(kills.into());
    }
    running.end(workers, &mut figures).await.with_context(|| format!("at the end, seed {seed}"))?;
    figures.print();
    Ok(())
}

impl Loop {
    /// Starts a server, what counts in it, and the clients, which wait for the first round.
    async fn begin(seed: u64) -> Result<(Self, Vec<JoinHandle<Result<()>>>)> {
        let turn = TURN.lock().await;
        let mut server = Server::start().await?;
        let folder = tempfile::tempdir()?;
        Archives::make(folder.path())?.put_into(&server.client()).await?;
        let counters = Counters::start(&mut server).await?;
        let mut random = fastrand::Rng::with_seed(seed);
        let models: Vec<Shared<Model>> = (0..WORKERS).map(Model::shared).collect();
        let history = Shared::default();
        let gate = Arc::new(RwLock::new(()));
        let (round, rounds) = watch::channel(0);
        let workers = models
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
        let closed = None;
        let begun =
            Self { _turn: turn, server, random, models, history, counters, gate, closed, round };
        Ok((begun, workers))
    }

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
        let client = self.server.client();
        checker::check(&client, &self.models, &self.counters, &self.history).await
    }

    /// Ends the clients, checks the whole history, removes everything and looks for what is left.
    async fn end(
        mut self,
        workers: Vec<JoinHandle<Result<()>>>,
        figures: &mut Figures,
    ) -> Result<()> {
        self.round.send_replace(worker::END);
        for worker in workers {
            worker.await??;
        }
        self.check().await?;
        let lines = self.counters.check_output(&self.server.client()).await?;
        self.remove_all().await?;
        let log = Log::fold(&self.server.journal(&["ls", "--json"])?)?;
        let history = std::mem::take(&mut *self.history.lock().expect("no worker panics"));
        let acknowledged = history.check_order()? as u64;
        log.check(&history)?;
        self.server.stop()?;
        report(&self.server.journal(&["verify"])?);
        let calls = history.changes.len() as u64;
        // The checks above have found each of the last three to be none.
        for (name, count) in [
            ("operations", calls + history.looks.len() as u64),
            ("acknowledged", acknowledged),
            ("cut_off", calls - acknowledged),
            ("looks", history.looks.len() as u64),
            ("lines_of_output", lines),
            ("starts", log.starts()),
            ("doubled", 0),
            ("duplicate_starts", 0),
        ] {
            figures.add(name, count);
        }
        Ok(())
    }

    async fn remove_all(&mut self) -> Result<()> {
        let client = self.server.client();
        let listed = client.get("/containers/json?all=1").await?.expect_status(200)?.json()?;
        // A removal whose call was cut off goes on by itself.
        let listed = listed.as_array().context("a list")?.iter();
        for entry in listed.filter(|entry| entry["State"] != "removing") {
            let id = entry["Id"].as_str().context("Id")?;
            worker::begun(&client, id, &self.history).await?;
            client.delete(&format!("/containers/{id}?force=1")).await?.expect_status(204)?;
        }
        let (data, own) = (self.server.data(), self.server.pid()?);
        eventually("nothing is left", Duration::from_secs(30), async || {
            let listed = client.get("/containers/json?all=1").await?.json()?;
            ensure!(listed == json!([]), "containers are left: {listed}");
            let mut left = processes(&data)?;
            left.retain(|process| process.pid != own);
            ensure!(left.is_empty(), "processes are left: {left:#?}");
            let running = checker::running()?;
            let is_ours = |key: &&String| key.starts_with('w') && !running[*key].is_empty();
            ensure!(!running.keys().any(|key| is_ours(&key)), "programs are left: {running:?}");
            let mounts = mounts(&data)?;
            ensure!(mounts.is_empty(), "mounts are left: {mounts:?}");
            Ok(Some(()))
        })
        .await
    }
}
