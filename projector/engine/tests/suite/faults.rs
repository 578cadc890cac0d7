//! Journals that fail and engines that are killed, at points that a seed chooses.
//!
//! Checked each time: what was answered is in the log as it was answered, what was not is there whole or not at
//! all, places follow real time, and the log folds to the state that was seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use journal_log::{Body, Faults, FaultyJournal, MemoryJournal, Outcome, Seq, Wire};
use projector_engine::{Engine, FatalError, ManualClock, ReplayError, StartError, SubmitError};
use projector_machine::testkit::{CounterEvent, Counters};

use crate::journals::TwoEnds;
use crate::rig::{Rig, Running, add, submission};

/// A small generator, so that a seed is all that a failure needs to be seen again.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

/// What a client was told: the record, and its events or none for a refusal.
type Told = (Seq, Vec<CounterEvent>);

/// Submits until the engine ends; returns what was answered.
async fn client(
    handle: projector_engine::Handle<Counters>,
    seed: u64,
    newest: Arc<AtomicU64>,
) -> Vec<Told> {
    let mut random = Random(seed);
    let mut told = Vec::new();
    loop {
        let command = add(&format!("counter-{}", random.below(8)), random.below(4));
        let before = newest.load(Ordering::SeqCst);
        let (seq, events) = match handle.submit(submission(command)).await {
            Ok(committed) => (committed.stamp.seq, committed.events.to_vec()),
            Err(SubmitError::Refused { seq, .. }) => (seq, Vec::new()),
            Err(SubmitError::Stopped) => return told,
            Err(error) => panic!("seed {seed}: {error}"),
        };
        // Whatever was answered before this was asked has an earlier place.
        assert!(seq.get() > before, "seed {seed}: {seq} after {before}");
        newest.fetch_max(seq.get(), Ordering::SeqCst);
        told.push((seq, events));
    }
}

fn spawn_clients(
    running: &Running,
    seed: u64,
) -> (Vec<tokio::task::JoinHandle<Vec<Told>>>, Arc<AtomicU64>) {
    let newest = Arc::new(AtomicU64::new(0));
    let clients = (0..8)
        .map(|number| {
            let (handle, newest) = (running.handle.clone(), Arc::clone(&newest));
            tokio::spawn(client(handle, seed * 100 + number, newest))
        })
        .collect();
    (clients, newest)
}

/// Checks that what was told is in the log, and that the log comes to the state that its own events make.
async fn check(rig: &Rig, told: Vec<Told>, seed: u64) {
    let bodies = rig.bodies();
    for (seq, events) in told {
        let Some(Body::Command(body)) = bodies.get(seq.get() as usize - 1) else {
            panic!("seed {seed}: record {seq} was answered and is not there");
        };
        let found: Vec<_> =
            body.events.iter().map(|it| CounterEvent::from_tagged(it).unwrap()).collect();
        assert_eq!(found, events, "seed {seed}: record {seq}");
        assert_eq!(body.outcome == Outcome::Accepted, !events.is_empty(), "seed {seed}: {seq}");
    }
    let running = rig.start();
    let mut sums = std::collections::BTreeMap::<String, u64>::new();
    for body in &bodies {
        let Body::Command(body) = body else { continue };
        for event in &body.events {
            let CounterEvent::Added { name, by } = CounterEvent::from_tagged(event).unwrap() else {
                panic!("only additions were asked for");
            };
            *sums.entry(name).or_default() += by;
        }
    }
    let snapshot = running.handle.snapshot();
    let found: std::collections::BTreeMap<_, _> =
        snapshot.state.counts().map(|(name, count)| (name.to_owned(), count.value)).collect();
    assert_eq!(found, sums, "seed {seed}");
    running.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_before_an_append_failed_is_in_the_log() {
    for seed in 0..20 {
        let mut random = Random(seed);
        let rig = Rig::new().with_snapshots_every(50);
        let faults = Faults {
            append: Some(2 + random.below(60)),
            keeps_failed_group: random.below(2) == 0,
            read: None,
        };
        let inner = MemoryJournal::open(&rig.store);
        let running = rig.start_on(FaultyJournal::new(inner, faults)).unwrap();
        let (clients, _) = spawn_clients(&running, seed);
        let mut told = Vec::new();
        for client in clients {
            told.extend(client.await.unwrap());
        }
        let fatal = running.fatal.await.unwrap();
        assert!(matches!(fatal, FatalError::Append { .. }), "seed {seed}: {fatal}");
        check(&rig, told, seed).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_before_a_kill_is_in_the_log() {
    for seed in 0..20 {
        let rig = Rig::new().with_snapshots_every(100);
        for round in 0..3 {
            let seed = seed * 10 + round;
            let running = rig.start();
            let (clients, newest) = spawn_clients(&running, seed);
            let start = running.handle.snapshot().seq.get();
            let until = start + Random(seed).below(300);
            while newest.load(Ordering::SeqCst) < until {
                tokio::task::yield_now().await;
            }
            running.kill().await;
            let mut told = Vec::new();
            for client in clients {
                told.extend(client.await.unwrap());
            }
            check(&rig, told, seed).await;
        }
    }
}

#[tokio::test]
async fn nobody_is_answered_while_a_failed_append_is_told() {
    let rig = Rig::new();
    let faults = Faults { append: Some(2), ..Faults::default() };
    let journal = FaultyJournal::new(MemoryJournal::open(&rig.store), faults);
    let (tell, told) = tokio::sync::oneshot::channel();
    let (go_on, wait) = std::sync::mpsc::sync_channel::<()>(1);
    let (handle, _) = Engine::start::<Counters, _>(
        journal,
        Arc::new(rig.snapshots.clone()),
        Arc::<ManualClock>::clone(&rig.clock),
        rig.options.clone(),
        move |error| {
            tell.send(error).expect("somebody listens");
            wait.recv().expect("the test goes on");
        },
    )
    .unwrap();
    let submitter = handle.clone();
    let submitted = tokio::spawn(async move { submitter.submit(submission(add("a", 1))).await });
    let fatal = told.await.unwrap();
    assert!(matches!(fatal, FatalError::Append { first, records: 1, .. } if first == Seq::new(2)));
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    assert!(!submitted.is_finished());
    assert_eq!(handle.snapshot().state.value("a"), 0);
    go_on.send(()).unwrap();
    assert_eq!(submitted.await.unwrap().unwrap_err(), SubmitError::Stopped);
}

#[test]
fn a_journal_that_was_read_to_another_end_is_refused() {
    let rig = Rig::new();
    let error = rig.start_on(TwoEnds(MemoryJournal::open(&rig.store))).err().unwrap();
    assert!(matches!(error, StartError::Replay(ReplayError::Tail { .. })), "{error}");
}

#[test]
fn a_start_whose_epoch_record_fails_is_refused() {
    let rig = Rig::new();
    let faults = Faults { append: Some(1), ..Faults::default() };
    let inner = MemoryJournal::open(&rig.store);
    let error = rig.start_on(FaultyJournal::new(inner, faults)).err().unwrap();
    assert!(matches!(error, StartError::Append(_)), "{error}");
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_never_passed_over() {
    let rig = Rig::new();
    let running = rig.start();
    for _ in 0..20 {
        running.add("a", 1).await;
    }
    running.kill().await;
    for nth in 1..=21 {
        let faults = Faults { read: Some(nth), ..Faults::default() };
        let inner = MemoryJournal::open(&rig.store);
        assert!(rig.start_on(FaultyJournal::new(inner, faults)).is_err(), "read {nth}");
    }
    assert_eq!(rig.records().len(), 21);
}
