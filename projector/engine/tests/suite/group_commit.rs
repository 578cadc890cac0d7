//! One sync serves many.

use std::time::Duration;

use journal_log::{MemoryJournal, Seq};
use projector_machine::testkit::CounterCommand;

use crate::journals::SlowJournal;
use crate::rig::{Rig, add, eventually, submission};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_clients_reach_ten_times_the_rate_of_one() {
    let rig = Rig::new();
    let inner = MemoryJournal::open(&rig.store);
    let sync = Duration::from_millis(2);
    let running = rig.start_on(SlowJournal { inner, sync }).unwrap();
    let (clients, each) = (64, 20);
    let tasks: Vec<_> = (0..clients)
        .map(|client| {
            let handle = running.handle.clone();
            tokio::spawn(async move {
                for _ in 0..each {
                    let name = format!("counter-{client}");
                    handle.submit(submission(add(&name, 1))).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    // A client alone pays one sync for each command, so the syncs tell the rate, however busy the host is.
    let metrics = running.handle.metrics();
    assert_eq!(metrics.records, clients * each);
    let syncs = metrics.batch_records.count();
    assert!(syncs * 10 <= metrics.records, "{syncs} syncs for {} records", metrics.records);
}

#[tokio::test]
async fn a_client_alone_does_not_wait_for_others() {
    let rig = Rig::new();
    let running = rig.start();
    for _ in 0..10 {
        running.add("a", 1).await;
    }
    assert_eq!(running.handle.metrics().batch_records.count(), 10);
}

#[tokio::test]
async fn commands_of_one_group_see_what_was_decided_before_them() {
    let rig = Rig::new();
    let (running, gate) = rig.start_gated();
    let first = tokio::spawn({
        let handle = running.handle.clone();
        async move { handle.submit(submission(add("first", 1))).await }
    });
    let waited = gate.clone();
    tokio::task::spawn_blocking(move || waited.until_waited_at()).await.unwrap();
    // A counter holds a billion, so only the first of these two fits.
    let big = 600_000_000;
    let two = async { tokio::join!(running.submit(add("a", big)), running.submit(add("a", big))) };
    let opened = async {
        eventually("both wait", || running.handle.metrics().queued_commands == 2).await;
        gate.open();
    };
    let ((one, other), ()) = tokio::join!(two, opened);
    first.await.unwrap().unwrap();
    assert!(one.is_ok());
    assert!(other.is_err());
    assert_eq!(rig.records()[2].header.group, rig.records()[3].header.group);
    assert_eq!(running.value("a"), big);
    assert_eq!(running.handle.snapshot().seq, Seq::new(4));
}

#[tokio::test]
async fn large_records_are_spread_over_groups_and_none_is_forgotten() {
    let rig = Rig::new();
    let (running, gate) = rig.start_gated();
    let spawn = |command: CounterCommand| {
        let handle = running.handle.clone();
        tokio::spawn(async move { handle.submit(submission(command)).await })
    };
    let mut tasks = vec![spawn(add("first", 1))];
    let waited = gate.clone();
    tokio::task::spawn_blocking(move || waited.until_waited_at()).await.unwrap();
    tasks.extend((0..9).map(|_| spawn(CounterCommand::Swell { size_bytes: 300_000 })));
    eventually("all wait", || running.handle.metrics().queued_commands == 9).await;
    gate.open();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    // One for the first, then four, four and one.
    assert_eq!(running.handle.metrics().batch_records.count(), 4);
}
