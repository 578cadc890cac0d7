//! Following the log.

use std::time::Duration;

use journal_log::Seq;
use projector_engine::{Feed, FeedError, FeedItem};
use projector_machine::testkit::{CounterCommand, CounterEvent, Counters};

use crate::rig::{Rig, Running, add, submission};

async fn take(feed: &mut Feed<Counters>, count: usize) -> Vec<FeedItem<Counters>> {
    let mut items = Vec::new();
    while items.len() < count {
        items.push(feed.next().await.unwrap());
    }
    items
}

async fn submit_many(running: &Running, clients: u64, each: u64) {
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
}

fn check_gapless(items: &[FeedItem<Counters>], first: Seq) {
    for (index, item) in items.iter().enumerate() {
        assert_eq!(item.stamp.seq.get(), first.get() + index as u64);
        assert!(matches!(item.events[..], [CounterEvent::Added { .. }]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_of_ten_thousand_items_loses_nothing() {
    let running = Rig::new().start();
    let mut slow = running.handle.feed(Seq::FIRST);
    submit_many(&running, 50, 200).await;
    let items = take(&mut slow, 10_000).await;
    check_gapless(&items, Seq::new(2));
    assert!(running.handle.metrics().feed_resyncs > 0, "the ring is shorter than that");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_close_reader_gets_each_item_once() {
    let running = Rig::new().start();
    let mut feed = running.handle.feed(running.handle.snapshot().seq.next());
    let reader = tokio::spawn(async move { take(&mut feed, 3_000).await });
    submit_many(&running, 30, 100).await;
    check_gapless(&reader.await.unwrap(), Seq::new(2));
}

#[tokio::test]
async fn an_item_is_in_the_published_world_already() {
    let running = Rig::new().start();
    let mut feed = running.handle.feed(Seq::FIRST);
    let handle = running.handle.clone();
    let writer = tokio::spawn(async move {
        for _ in 0..200 {
            handle.submit(submission(add("a", 1))).await.unwrap();
        }
    });
    for _ in 0..200 {
        let item = feed.next().await.unwrap();
        assert!(running.handle.snapshot().seq >= item.stamp.seq);
    }
    writer.await.unwrap();
}

#[tokio::test]
async fn what_is_durable_but_not_published_is_not_given() {
    let rig = Rig::new();
    let running = rig.start();
    let old = running.add("a", 1).await;
    running.kill().await;
    let (running, gate) = rig.start_gated_behind();
    let handle = running.handle.clone();
    let writer = tokio::spawn(async move { handle.submit(submission(add("a", 1))).await });
    let waited = gate.clone();
    tokio::task::spawn_blocking(move || waited.until_waited_at()).await.unwrap();
    assert_eq!(rig.records().len(), 4);
    let mut feed = running.handle.feed(Seq::FIRST);
    assert_eq!(feed.next().await.unwrap().stamp.seq, old);
    assert!(tokio::time::timeout(Duration::from_millis(1), feed.next()).await.is_err());
    gate.open();
    let new = writer.await.unwrap().unwrap().stamp.seq;
    assert_eq!(feed.next().await.unwrap().stamp.seq, new);
}

#[tokio::test]
async fn records_without_events_are_passed_over() {
    let rig = Rig::new();
    let running = rig.start();
    running.submit(add("a", 0)).await.unwrap_err();
    let second = running.add("a", 1).await;
    running.kill().await;
    let running = rig.start();
    let last = running.add("a", 1).await;
    let mut feed = running.handle.feed(Seq::FIRST);
    let seqs: Vec<_> = take(&mut feed, 2).await.iter().map(|item| item.stamp.seq).collect();
    assert_eq!(seqs, [second, last]);
}

#[tokio::test]
async fn a_feed_sleeps_behind_records_without_events() {
    let running = Rig::new().start();
    let mut feed = running.handle.feed(running.handle.snapshot().seq.next());
    for _ in 0..3 {
        running.submit(add("a", 0)).await.unwrap_err();
    }
    assert!(tokio::time::timeout(Duration::ZERO, feed.next()).await.is_err());
    let seq = running.add("a", 1).await;
    assert_eq!(feed.next().await.unwrap().stamp.seq, seq);
    assert_eq!(running.handle.metrics().feed_resyncs, 0);
}

#[tokio::test]
async fn large_events_do_not_stay_in_memory_for_slow_readers() {
    let running = Rig::new().start();
    for _ in 0..20 {
        running.submit(CounterCommand::Swell { size_bytes: 1_000_000 }).await.unwrap();
    }
    let mut feed = running.handle.feed(Seq::FIRST);
    assert_eq!(take(&mut feed, 20).await.len(), 20);
    assert!(running.handle.metrics().feed_resyncs > 1, "twenty megabytes are not in the ring");
}

#[tokio::test]
async fn a_wait_for_the_next_item_may_be_dropped() {
    let running = Rig::new().start();
    let mut feed = running.handle.feed(Seq::FIRST);
    for round in 1..=20 {
        assert!(tokio::time::timeout(Duration::ZERO, feed.next()).await.is_err());
        let seq = running.add("a", round).await;
        assert_eq!(feed.next().await.unwrap().stamp.seq, seq);
    }
}

#[tokio::test]
async fn a_feed_ends_after_everything_that_was_published() {
    let running = Rig::new().start();
    let mut feed = running.handle.feed(Seq::FIRST);
    let seq = running.add("a", 1).await;
    running.kill().await;
    assert_eq!(feed.next().await.unwrap().stamp.seq, seq);
    assert!(matches!(feed.next().await, Err(FeedError::Stopped)));
}

#[tokio::test]
async fn damaged_history_is_an_error_and_no_gap() {
    let rig = Rig::new();
    let running = rig.start();
    running.add("a", 1).await;
    running.kill().await;
    let running = rig.start();
    rig.store.tamper(|records| records[1].body = Vec::new().into());
    let mut feed = running.handle.feed(Seq::FIRST);
    assert!(matches!(feed.next().await, Err(FeedError::Decode(_))));
}
