//! What the queue does when there is too much in it.

use std::sync::Arc;
use std::time::Duration;

use journal_log::Seq;
use projector_engine::{Handle, SubmitError};
use projector_machine::testkit::{CounterCommand, Counters};
use tokio::task::JoinHandle;

use crate::rig::{Answer, Rig, add, eventually, observe, submission};

/// Commands that fill the lane of clients.
const LANE: usize = 1024;

fn spawn(handle: &Handle<Counters>, command: CounterCommand) -> JoinHandle<Answer> {
    let handle = handle.clone();
    tokio::spawn(async move { handle.submit(submission(command)).await })
}

async fn queued(handle: &Handle<Counters>, commands: u64, observations: u64) {
    eventually("the queue is as long as expected", || {
        let metrics = handle.metrics();
        (metrics.queued_commands, metrics.queued_observations) == (commands, observations)
    })
    .await;
}

async fn seqs(tasks: Vec<JoinHandle<Answer>>) -> Vec<Seq> {
    let mut seqs = Vec::new();
    for task in tasks {
        seqs.push(task.await.unwrap().unwrap().stamp.seq);
    }
    seqs
}

#[tokio::test]
async fn observations_pass_by_waiting_clients() {
    let rig = Rig::new();
    let (running, gate) = rig.start_gated();
    let first = spawn(&running.handle, add("first", 1));
    let waited = gate.clone();
    tokio::task::spawn_blocking(move || waited.until_waited_at()).await.unwrap();
    let clients: Vec<_> = (0..600).map(|_| spawn(&running.handle, add("a", 1))).collect();
    queued(&running.handle, 600, 0).await;
    let observations: Vec<_> = (0..5).map(|_| spawn(&running.handle, observe("b", 1))).collect();
    queued(&running.handle, 600, 5).await;
    gate.open();
    first.await.unwrap().unwrap();
    let (clients, observations) = (seqs(clients).await, seqs(observations).await);
    assert!(observations.iter().max() < clients.iter().min());
}

#[tokio::test]
async fn a_flood_of_observations_leaves_a_quarter_of_a_group_to_clients() {
    let rig = Rig::new();
    let (running, gate) = rig.start_gated();
    let first = spawn(&running.handle, add("first", 1));
    let waited = gate.clone();
    tokio::task::spawn_blocking(move || waited.until_waited_at()).await.unwrap();
    let observations: Vec<_> = (0..800).map(|_| spawn(&running.handle, observe("b", 1))).collect();
    let clients: Vec<_> = (0..100).map(|_| spawn(&running.handle, add("a", 1))).collect();
    queued(&running.handle, 100, 800).await;
    gate.open();
    first.await.unwrap().unwrap();
    let (clients, observations) = (seqs(clients).await, seqs(observations).await);
    assert!(clients.iter().max() < observations.iter().max());
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_is_waited_for_and_then_refused() {
    let rig = Rig::new();
    let (running, gate) = rig.start_gated();
    let first = spawn(&running.handle, add("first", 1));
    tokio::task::yield_now().await;
    gate.until_waited_at();
    let waiting: Vec<_> = (0..LANE).map(|_| spawn(&running.handle, add("a", 1))).collect();
    while running.handle.metrics().queued_commands < LANE as u64 {
        tokio::task::yield_now().await;
    }
    let before = tokio::time::Instant::now();
    let error = running.submit(add("b", 1)).await.unwrap_err();
    let waited = Duration::from_secs(30);
    assert_eq!(error, SubmitError::Overloaded { waited });
    assert!(before.elapsed() >= waited);
    assert_eq!(running.handle.metrics().overloads, 1);

    let late = spawn(&running.handle, add("b", 1));
    let observation = spawn(&running.handle, observe("c", 1));
    while running.handle.metrics().queued_observations == 0 {
        tokio::task::yield_now().await;
    }
    // Paused time would run away while the sequencer, on its own thread, works.
    tokio::time::resume();
    gate.open();
    for task in waiting.into_iter().chain([first, late, observation]) {
        task.await.unwrap().unwrap();
    }
    assert_eq!((running.value("a"), running.value("b")), (LANE as u64, 1));
}

#[tokio::test]
async fn whoever_waits_for_room_is_told_when_the_engine_ends() {
    let rig = Rig::new();
    let (running, gate) = rig.start_gated();
    let first = spawn(&running.handle, add("first", 1));
    let waited = gate.clone();
    tokio::task::spawn_blocking(move || waited.until_waited_at()).await.unwrap();
    let waiting: Vec<_> = (0..LANE + 8).map(|_| spawn(&running.handle, add("a", 1))).collect();
    queued(&running.handle, LANE as u64, 0).await;
    running.handle.stop();
    gate.open();
    for task in waiting {
        assert_eq!(task.await.unwrap().unwrap_err(), SubmitError::Stopped);
    }
    first.await.unwrap().unwrap();
    let handle = Arc::new(running.handle);
    handle.ended().await;
    assert_eq!(rig.records().len(), 2);
}
