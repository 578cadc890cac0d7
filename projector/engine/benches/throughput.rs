//! How fast the engine is without a disk: submits, feeds, replay. `cargo bench -p projector-engine`.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use journal_log::{Actor, MemoryJournal, MemorySnapshots, MemoryStore, RequestId, Seq};
use projector_engine::{
    Engine, EngineOptions, Handle, ReplayOptions, SnapshotPolicy, Submission, SystemClock, replay,
};
use projector_machine::testkit::{CounterCommand, Counters};

/// Records of the log that is replayed.
const REPLAYED: u64 = 1_000_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    println!("clients   commands/s   records/group   sequencer µs/command   process µs/command");
    for (clients, commands) in [(1, 30_000), (16, 200_000), (64, 300_000), (256, 400_000)] {
        runtime.block_on(submits(clients, commands));
    }
    runtime.block_on(follow());
    replays(&runtime);
}

async fn submits(clients: u64, commands: u64) {
    let (handle, _) = start(&MemoryStore::default());
    let (sequencer_before, process_before) = (cpu_of("sequencer"), cpu());
    let took = submit_all(&handle, clients, commands).await;
    let (sequencer, process) = (cpu_of("sequencer") - sequencer_before, cpu() - process_before);
    let metrics = handle.metrics();
    let micros = |span: Duration| span.as_secs_f64() * 1e6 / commands as f64;
    println!(
        "{clients:7} {:12.0} {:15.1} {:22.2} {:20.2}",
        commands as f64 / took.as_secs_f64(),
        metrics.records as f64 / metrics.batch_records.count() as f64,
        micros(sequencer),
        micros(process),
    );
    handle.stop();
    handle.ended().await;
}

async fn submit_all(handle: &Handle<Counters>, clients: u64, commands: u64) -> Duration {
    let started = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|client| {
            let handle = handle.clone();
            tokio::spawn(async move {
                for number in 0..commands / clients {
                    handle.submit(add(client, number)).await.expect("accepted");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a client");
    }
    started.elapsed()
}

async fn follow() {
    let (handle, _) = start(&MemoryStore::default());
    let mut feed = handle.feed(Seq::FIRST);
    let commands = 200_000;
    let follower = tokio::spawn(async move {
        for _ in 0..commands {
            feed.next().await.expect("an item");
        }
        Instant::now()
    });
    let started = Instant::now();
    submit_all(&handle, 64, commands).await;
    let ended = follower.await.expect("a follower");
    println!(
        "feed: {:.0} items/s beside the submits, {} times behind the ring",
        commands as f64 / (ended - started).as_secs_f64(),
        handle.metrics().feed_resyncs
    );
}

fn replays(runtime: &tokio::runtime::Runtime) {
    let store = MemoryStore::default();
    runtime.block_on(async {
        let (handle, _) = start(&store);
        submit_all(&handle, 256, REPLAYED).await;
        handle.stop();
        handle.ended().await;
    });
    let options = ReplayOptions { verify_state: false, ..ReplayOptions::default() };
    for _ in 0..3 {
        let cpu_before = cpu_of_process();
        let replayed = replay::<Counters>(&store, &MemorySnapshots::default(), &options)
            .expect("a log that was just written");
        let report = replayed.report;
        println!(
            "replay: {:.0} verified records/s, {:.2} µs of CPU each ({} records of {} bytes)",
            report.records as f64 / report.took.as_secs_f64(),
            (cpu_of_process() - cpu_before).as_secs_f64() * 1e6 / report.records as f64,
            report.records,
            report.record_bytes / report.records
        );
    }
}

fn start(store: &MemoryStore) -> (Handle<Counters>, projector_engine::ReplayReport) {
    let options = EngineOptions {
        snapshots: SnapshotPolicy { every_records: u64::MAX, ..SnapshotPolicy::default() },
        ..EngineOptions::default()
    };
    Engine::start(
        MemoryJournal::open(store),
        Arc::new(MemorySnapshots::default()),
        Arc::new(SystemClock::new()),
        options,
        |error| panic!("{error}"),
    )
    .expect("an engine")
}

fn add(client: u64, number: u64) -> Submission<CounterCommand> {
    Submission {
        actor: Actor {
            principal: "uid:0".to_owned(),
            source: "unix:/run/sockerless.sock".to_owned(),
            agent: "docker/27.3.1".to_owned(),
        },
        request: RequestId::from_bytes(u128::from(number).to_le_bytes()),
        cause: None,
        command: CounterCommand::Add { name: format!("counter-{}", client % 64), by: 1 },
    }
}

/// The CPU time of the threads with `name`, as the kernel counts it.
fn cpu_of(name: &str) -> Duration {
    threads().filter(|(thread, _)| thread == name).map(|(_, cpu)| cpu).sum()
}

/// The CPU time of all threads that there are now.
fn cpu() -> Duration {
    threads().map(|(_, cpu)| cpu).sum()
}

/// The CPU time of the process, ended threads included, in units of ten milliseconds.
fn cpu_of_process() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program, in brackets, may hold blanks; times of user and system follow as 12th and 13th.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}

fn threads() -> impl Iterator<Item = (String, Duration)> {
    std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten().filter_map(|task| {
        let name = std::fs::read_to_string(task.path().join("comm")).ok()?;
        let times = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        let nanos = times.split_whitespace().next()?.parse().ok()?;
        Some((name.trim().to_owned(), Duration::from_nanos(nanos)))
    })
}
