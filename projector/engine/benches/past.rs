//! How long a point of the past takes in a log of a million records. `cargo bench -p projector-engine --bench past`.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use journal_log::{
    Actor, JournalReader, MemoryJournal, MemorySnapshots, MemoryStore, RequestId, Seq, Timestamp,
};
use projector_engine::{Engine, EngineOptions, Handle, Past, Point, Submission, SystemClock};
use projector_machine::testkit::{CounterCommand, CounterEvent, Counters};
use projector_machine::{Machine, Stamp};

/// Records of the log.
const RECORDS: u64 = 1_000_000;

/// Points that are asked for.
const POINTS: usize = 10_000;

/// Where the random numbers begin.
const SEED: u64 = 43;

fn main() {
    let (store, snapshots) = (MemoryStore::default(), MemorySnapshots::default());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(fill(&store, &snapshots));
    let head = store.head();
    let mut random = SEED;
    let points: Vec<Seq> = (0..POINTS)
        .map(|_| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            Seq::new(1 + (random >> 20) % head.get())
        })
        .collect();
    let expected = hashes(&store, &points);
    let past = Past::<Counters>::new(Arc::new(store), Arc::new(snapshots), "0.0.0");
    let mut spans: Vec<Duration> = points
        .iter()
        .map(|seq| {
            let started = Instant::now();
            let world = past.world_at(Point::Record(*seq), head).expect("a point of the log");
            let span = started.elapsed();
            let hash = Counters::state_hash(&world.state);
            assert!(expected[seq] == hash, "record {seq} has another state, seed {SEED}");
            span
        })
        .collect();
    spans.sort_unstable();
    let millis = |part: usize| spans[(spans.len() - 1) * part / 1000].as_secs_f64() * 1e3;
    println!(
        "{POINTS} points in {head} records, every state hash equal: p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
        millis(500),
        millis(990),
        millis(1000)
    );
}

/// Writes the log as a server does, with snapshots by its policy.
async fn fill(store: &MemoryStore, snapshots: &MemorySnapshots) {
    let (handle, _) = Engine::start::<Counters, _>(
        MemoryJournal::open(store),
        Arc::new(snapshots.clone()),
        Arc::new(SystemClock::new()),
        EngineOptions::default(),
        |error| panic!("{error}"),
    )
    .expect("an engine");
    let clients = (0..256).map(|client| tokio::spawn(submit(handle.clone(), client)));
    for client in clients.collect::<Vec<_>>() {
        client.await.expect("a client");
    }
    handle.stop();
    handle.ended().await;
}

async fn submit(handle: Handle<Counters>, client: u64) {
    for _ in 0..RECORDS / 256 {
        let submission = Submission {
            actor: Actor {
                principal: "uid:0".to_owned(),
                source: "unix:/run/sockerless.sock".to_owned(),
                agent: "docker/27.3.1".to_owned(),
            },
            request: RequestId::NONE,
            cause: None,
            command: CounterCommand::Add { name: format!("counter-{client}"), by: 1 },
        };
        handle.submit(submission).await.expect("accepted");
    }
}

/// Folds the log once, and keeps the hash of the state at each of `points`.
fn hashes(store: &MemoryStore, points: &[Seq]) -> BTreeMap<Seq, [u8; 32]> {
    let mut hashes: BTreeMap<Seq, [u8; 32]> = points.iter().map(|seq| (*seq, [0; 32])).collect();
    let mut state = <Counters as Machine>::State::default();
    for record in store.read(Seq::FIRST).expect("a reader") {
        let record = record.expect("a record");
        let seq = record.header.seq;
        let (at, events) = events(&record);
        for event in events {
            Counters::apply(&mut state, &event, Stamp { seq, at });
        }
        if let Some(hash) = hashes.get_mut(&seq) {
            *hash = Counters::state_hash(&state);
        }
    }
    hashes
}

/// Reads the events of a record, and the time that they were decided at.
fn events(record: &journal_log::Record) -> (Timestamp, Vec<CounterEvent>) {
    use journal_log::{Body, Wire as _};
    match Body::of(record).expect("a body") {
        Body::Command(body) | Body::Observation(body) | Body::Timer(body) => {
            let read = |event| CounterEvent::from_tagged(event).expect("an event");
            (body.now, body.events.iter().map(read).collect())
        }
        Body::Epoch(_)
        | Body::SnapshotRef(_)
        | Body::StateHash(_)
        | Body::Seal(_)
        | Body::Trim(_)
        | Body::VersionBarrier(_)
        | Body::Skip(_) => (Timestamp::ZERO, Vec::new()),
    }
}
