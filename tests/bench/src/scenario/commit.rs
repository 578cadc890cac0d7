//! The journal alone: commits that are durable and applied, without a server around it, and what their syncs take.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use journal_log::{Actor, MemorySnapshots, RequestId};
use journal_rocks::{Options, RocksJournal, SyncTimes};
use projector_engine::{Engine, EngineOptions, Handle, SnapshotPolicy, Submission, SystemClock};
use projector_machine::testkit::{CounterCommand, Counters};

use super::Plan;
use crate::figure::{Figure, Spread, Unit};
use crate::machine::now;
use crate::subject::Kind;

const COMMITS: &str = "durable commits, 1024 in flight";
const SYNCS: &str = "sync of a group of commits";

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
    for _ in 0..plan.amount(3, 1) {
        figures.extend(tokio::task::spawn_blocking(move || run(span)).await??);
    }
    Ok(Figure::medians(figures))
}

/// Commits for `span` into a new journal.
fn run(span: Duration) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let syncs = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&syncs);
    let options = Options {
        on_sync: Some(Arc::new(move |times: &SyncTimes| {
            seen.lock().unwrap_or_else(PoisonError::into_inner).push(times.total);
        })),
        ..Options::default()
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
    let rate = commits.len() as f64 / seconds;
    let mut syncs = std::mem::take(&mut *syncs.lock().unwrap_or_else(PoisonError::into_inner));
    let (count, spread) = (syncs.len() as f64, Spread::of(&mut syncs));
    let figure = |what, value, spread| Figure {
        spread,
        ..Figure::plain(what, Kind::Sockerless, value, Unit::PerSecond)
    };
    Ok(vec![
        figure(COMMITS, rate, Spread::of(&mut commits)),
        figure(SYNCS, count / seconds, spread),
    ])
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
