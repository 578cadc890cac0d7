//! The server killed at its system calls, counted: those that write, and those that start a container.
//!
//! strace counts calls a thread and kills at the chosen one. A server that is killed while it starts is a point too;
//! one that never makes so many calls is killed when its time is over. The next one has the next point, so each is
//! checked by the start of its follower.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tests_conformance::{eventually, report};
use tests_e2e::{Figures, points, seed, tell};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::Loop;

/// Points of a plain run, for each of the two sets.
const POINTS: u32 = 30;

/// Calls that change what is on the disk, or its order.
const STORAGE: &[&str] = &[
    "write",
    "pwrite64",
    "fdatasync",
    "fsync",
    "rename",
    "renameat2",
    "unlink",
    "unlinkat",
    "ftruncate",
    "fallocate",
    "mkdir",
    "sync_file_range",
];

/// Calls between the plan of a start, the start and its record: folders, mounts, the new process, its report.
const STARTING: &[&str] =
    &["clone", "clone3", "vfork", "mkdir", "openat", "socket", "connect", "sendto", "recvfrom"];

/// How long a traced server is given to reach its point once it answers.
const WORK_MAX: Duration = Duration::from_millis(2500);

/// How long a traced server may take to answer, or to be killed before it does.
const READY_MAX: Duration = Duration::from_secs(60);

/// How long after a broken connection a killed server may be seen as alive.
const END_MAX: Duration = Duration::from_secs(2);

/// How long the undisturbed server works whose calls are counted.
const COUNTED: Duration = Duration::from_millis(1500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j_004_a_server_killed_at_any_call_that_writes_loses_nothing() -> Result<()> {
    killed_at(STORAGE, "server-calls-storage").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j_030_a_server_killed_at_any_call_of_a_start_starts_nothing_twice() -> Result<()> {
    killed_at(STARTING, "server-calls-starting").await
}

async fn killed_at(calls: &[&str], suite: &'static str) -> Result<()> {
    let (points, seed) = (points(POINTS)?, seed()?);
    let mut figures = Figures::new(suite, seed);
    let (mut running, workers) = Loop::begin(seed).await?;
    let counted = running.count(calls).await?;
    let mut all: Vec<(&str, u64)> = Vec::new();
    for (call, most) in &counted {
        all.extend((1..=*most).map(|nth| (*call, nth)));
    }
    let step = (all.len() / points as usize).max(1);
    let first = fastrand::Rng::with_seed(seed).usize(..step);
    let chosen: Vec<_> = all.iter().skip(first).step_by(step).take(points as usize).collect();
    tell(&format!(
        "{suite}: {} of {} points, SOCKERLESS_TEST_SEED={seed}",
        chosen.len(),
        all.len()
    ));
    for (number, (call, nth)) in chosen.iter().enumerate() {
        if workers.iter().any(JoinHandle::is_finished) {
            break;
        }
        let round = u32::try_from(number).context("few points")? + 1;
        let hit = running.at_call(call, *nth, round).await;
        let hit = hit.map_err(|error| {
            report(&format!("-- the end of the server's log\n{}", running.server.log_end()));
            error.context(format!("killed at {call} {nth}, seed {seed}"))
        })?;
        figures.tried(chosen.len() as u64);
        figures.add("killed_there", u64::from(hit));
    }
    running.server.trace_with(&[]);
    running.server.start_again().await?;
    running.check().await.with_context(|| format!("after the last, seed {seed}"))?;
    running.closed = None;
    running.end(workers, &mut figures).await.with_context(|| format!("at the end, seed {seed}"))?;
    figures.print();
    Ok(())
}

impl Loop {
    /// Counts the calls of a server that starts and works: of each the most that one thread makes.
    async fn count<'a>(&mut self, calls: &[&'a str]) -> Result<BTreeMap<&'a str, u64>> {
        let traces = tempfile::tempdir()?;
        let out = traces.path().join("trace").display().to_string();
        let trace = format!("trace={}", calls.join(","));
        self.stop_for_next().await?;
        self.server.trace_with(&[
            "strace",
            "-D",
            "-ff",
            "-b",
            "execve",
            "-qq",
            "-o",
            &out,
            "-e",
            &trace,
            "-e",
            "signal=none",
        ]);
        self.server.start_again().await?;
        self.check().await?;
        self.closed = None;
        self.round.send_replace(u32::MAX - 1);
        sleep(COUNTED).await;
        self.stop_for_next().await?;
        let mut most: BTreeMap<&str, u64> = BTreeMap::new();
        for entry in fs::read_dir(traces.path())? {
            let text = fs::read_to_string(entry?.path())?;
            for call in calls {
                let begin = format!("{call}(");
                let count = text.lines().filter(|line| line.starts_with(&begin)).count() as u64;
                let known = most.entry(call).or_default();
                *known = count.max(*known);
            }
        }
        most.retain(|_, count| *count > 0);
        ensure!(!most.is_empty(), "no call was traced");
        Ok(most)
    }

    /// Kills the server and closes the gate: calls that are under way end, and none begins.
    async fn stop_for_next(&mut self) -> Result<()> {
        self.server.kill()?;
        if self.closed.is_none() {
            self.closed = Some(Arc::clone(&self.gate).write_owned().await);
        }
        Ok(())
    }

    /// Starts the server so that it is killed at the `nth` call, checks what the one before has left, and lets the
    /// clients work until it is dead. Tells whether it was killed there.
    async fn at_call(&mut self, call: &str, nth: u64, round: u32) -> Result<bool> {
        let trace = format!("trace={call}");
        let inject = format!("inject={call}:signal=KILL:when={nth}");
        self.server.trace_with(&[
            "strace",
            "-D",
            "-f",
            "-b",
            "execve",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            &trace,
            "-e",
            &inject,
        ]);
        self.server.spawn()?;
        let client = self.server.client();
        let server = &mut self.server;
        let is_ready = eventually("the server answers or is killed", READY_MAX, async || {
            if server.ended()?.is_some() {
                return Ok(Some(false));
            }
            let answers = client.get("/_ping").await.is_ok_and(|reply| reply.status == 200);
            Ok(answers.then_some(true))
        });
        if !is_ready.await? || !self.check_if_alive().await? {
            // It is checked by the next that comes so far.
            self.server.kill()?;
            return Ok(true);
        }
        self.closed = None;
        self.round.send_replace(round);
        let begin = Instant::now();
        while self.server.ended()?.is_none() && begin.elapsed() < WORK_MAX {
            sleep(Duration::from_millis(5)).await;
        }
        let was_hit = self.server.ended()?.is_some();
        self.stop_for_next().await?;
        Ok(was_hit)
    }

    /// Checks everything; false where the server was killed meanwhile, for it may be at its point any time.
    async fn check_if_alive(&mut self) -> Result<bool> {
        let Err(error) = self.check().await else { return Ok(self.server.ended()?.is_none()) };
        // Its connections break a little before its end is seen.
        let server = &mut self.server;
        let ended = eventually("it was killed", END_MAX, async || server.ended()).await;
        if ended.is_ok() { Ok(false) } else { Err(error) }
    }
}
