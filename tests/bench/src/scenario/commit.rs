//! The journal alone: commits that are durable and applied, without a server around it, and what their syncs take;
//! and the same on a disk whose syncs take two milliseconds, which strace makes of any.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use journal_log::{Actor, MemorySnapshots, RequestId};
use journal_rocks::{Options as JournalOptions, RocksJournal, SyncTimes};
use projector_engine::{Engine, EngineOptions, Handle, SnapshotPolicy, Submission, SystemClock};
use projector_machine::testkit::{CounterCommand, Counters};
use serde::{Deserialize, Serialize};

use super::Plan;
use crate::figure::{Figure, Spread, Unit};
use crate::machine::now;
use crate::subject::Kind;

const COMMITS: &str = "durable commits, 1024 in flight";
const SYNCS: &str = "sync of a group of commits";
const SLOW_COMMITS: &str = "durable commits, syncs of 2 ms";
const SLOW_SYNCS: &str = "sync of 2 ms of a group of commits";

/// What is put on top of each sync of the slow disk.
const SLOW_MICROS: u32 = 2000;

/// Commits that wait at the same time: two groups of the most records that one sync takes.
const IN_FLIGHT: u64 = 1024;

/// Counters that they add to.
const COUNTERS: u64 = 64;

/// Threads that submit; the sequencer and the witness have their own.
const THREADS: usize = 2;

pub(super) async fn measure(plan: &mut Plan) -> Result<Vec<Figure>> {
    if !plan.servers().any(|kind| kind == Kind::Sockerless) {
        return Ok(Vec::new());
    }
    let span = plan.span(10);
    let mut figures = Vec::new();
    for _ in 0..plan.repeats() {
        let measured = tokio::task::spawn_blocking(move || run(span)).await??;
        figures.extend(measured.figures(COMMITS, SYNCS));
        figures.extend(run_slowly(span).await?.figures(SLOW_COMMITS, SLOW_SYNCS));
    }
    Ok(Figure::medians(figures))
}

/// How long to commit, as a process of its own.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Seconds.
    #[arg(long)]
    seconds: f64,
}

/// What was measured of commits into one journal.
#[derive(Debug, Serialize, Deserialize)]
struct Measured {
    commits_per_second: f64,
    commits: Option<Spread>,
    syncs_per_second: f64,
    syncs: Option<Spread>,
}

impl Measured {
    fn figures(&self, commits: &'static str, syncs: &'static str) -> [Figure; 2] {
        let figure = |what, value, spread| Figure {
            spread,
            ..Figure::plain(what, Kind::Sockerless, value, Unit::PerSecond)
        };
        [
            figure(commits, self.commits_per_second, self.commits),
            figure(syncs, self.syncs_per_second, self.syncs),
        ]
    }
}

/// Commits as told and prints what was measured.
#[expect(clippy::print_stdout, reason = "it is read by the process that has started this one")]
pub(crate) fn commit_alone(options: &Options) -> Result<()> {
    let measured = run(Duration::from_secs_f64(options.seconds))?;
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

/// Commits for `span` in a process whose syncs are held up.
async fn run_slowly(span: Duration) -> Result<Measured> {
    let mut traced = tokio::process::Command::new("strace");
    traced.args(["-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync,fsync"]);
    traced.args(["-e", &format!("inject=fdatasync,fsync:delay_exit={SLOW_MICROS}")]);
    traced.arg(std::env::current_exe()?).args(["commits", "--seconds"]);
    traced.arg(span.as_secs_f64().to_string()).kill_on_drop(true);
    let said = traced.output().await.context("starting strace")?;
    let error = String::from_utf8_lossy(&said.stderr);
    ensure!(said.status.success(), "commits with slow syncs: {}: {error}", said.status);
    serde_json::from_slice(&said.stdout).context("reading what was measured")
}

/// Commits for `span` into a new journal.
fn run(span: Duration) -> Result<Measured> {
    let folder = tempfile::tempdir()?;
    let syncs = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&syncs);
    let options = JournalOptions {
        on_sync: Some(Arc::new(move |times: &SyncTimes| {
            seen.lock().unwrap_or_else(PoisonError::into_inner).push(times.total);
        })),
        ..JournalOptions::default()
    };
    let (journal, _) = RocksJournal::open(&folder.path().join("journal"), &options)?;
    let options = EngineOptions {
        // A snapshot of some counters would cost nothing, and one of a real state is another scenario's.
        snapshots: SnapshotPolicy { every_records: u64::MAX, ..SnapshotPolicy::default() },
        ..EngineOptions::default()
    };
    let (snapshots, clock) = (Arc::new(MemorySnapshots::default()), Arc::new(SystemClock::new()));
    // A failed append is told to the submitters, by their end.
    let (handle, _) = Engine::start::<Counters, _>(journal, snapshots, clock, options, |_| {})?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build()
        .context("starting the threads")?;
    let started = now();
    let mut commits = runtime.block_on(commit(&handle, span))?;
    let seconds = (now() - started).as_secs_f64();
    let mut syncs = std::mem::take(&mut *syncs.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Measured {
        commits_per_second: commits.len() as f64 / seconds,
        commits: Spread::of(&mut commits),
        syncs_per_second: syncs.len() as f64 / seconds,
        syncs: Spread::of(&mut syncs),
    })
}

/// Has so many commits wait at any time until `span` is over; returns how long each took.
async fn commit(handle: &Handle<Counters>, span: Duration) -> Result<Vec<Duration>> {
    let end = now() + span;
    let clients: Vec<_> = (0..IN_FLIGHT)
        .map(|client| {
            let handle = handle.clone();
            tokio::spawn(async move {
                let mut took = Vec::new();
                loop {
                    let begun = now();
                    if begun >= end {
                        return anyhow::Ok(took);
                    }
                    handle.submit(add(client)).await?;
                    took.push(now() - begun);
                }
            })
        })
        .collect();
    let mut all = Vec::new();
    for client in clients {
        all.extend(client.await??);
    }
    handle.stop();
    handle.ended().await;
    Ok(all)
}

fn add(client: u64) -> Submission<CounterCommand> {
    let name = format!("counter-{}", client % COUNTERS);
    let actor = Actor { principal: "bench".into(), ..Actor::default() };
    let command = CounterCommand::Add { name, by: 1 };
    Submission { actor, request: RequestId::NONE, cause: None, command }
}
