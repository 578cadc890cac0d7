//! Waiting for a part of the state.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use projector_engine::World;
use projector_machine::testkit::Counters;

use crate::rig::{Rig, add, eventually, submission};

fn reaches(name: &'static str, value: u64) -> impl FnMut(&World<Counters>) -> Option<u64> {
    move |world| Some(world.state.value(name)).filter(|found| *found >= value)
}

#[tokio::test]
async fn what_is_so_already_is_not_waited_for() {
    let running = Rig::new().start();
    running.add("a", 5).await;
    assert_eq!(running.handle.wait_for("a".to_owned(), reaches("a", 5)).await, 5);
    assert_eq!(running.handle.metrics().waited_keys, 0);
}

#[tokio::test]
async fn a_waiter_looks_again_only_when_its_key_is_touched() {
    let running = Rig::new().start();
    let looks = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&looks);
    let handle = running.handle.clone();
    let waiter = tokio::spawn(async move {
        let mut found = reaches("a", 2);
        handle
            .wait_for("a".to_owned(), |world| {
                counted.fetch_add(1, Ordering::Relaxed);
                found(world)
            })
            .await
    });
    eventually("it waits", || looks.load(Ordering::Relaxed) == 1).await;
    for _ in 0..20 {
        running.add("b", 1).await;
    }
    running.add("a", 1).await;
    eventually("it has looked", || looks.load(Ordering::Relaxed) == 2).await;
    running.add("a", 1).await;
    assert_eq!(waiter.await.unwrap(), 2);
    assert_eq!(looks.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_waiter_that_is_dropped_leaves_nothing_behind() {
    let running = Rig::new().start();
    for _ in 0..100 {
        let waiting = running.handle.wait_for("never".to_owned(), reaches("never", 1));
        assert!(tokio::time::timeout(Duration::ZERO, waiting).await.is_err());
    }
    assert_eq!(running.handle.metrics().waited_keys, 0);
}

#[tokio::test]
async fn a_change_between_looking_and_sleeping_is_not_missed() {
    let running = Rig::new().start();
    let mut looks = 0;
    let waiting = running.handle.wait_for("a".to_owned(), |world| {
        looks += 1;
        if looks == 1 {
            // It is published before this look, which has not seen it, comes to its end.
            let handle = running.handle.clone();
            let writer = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.unwrap().block_on(handle.submit(submission(add("a", 1)))).unwrap()
            });
            writer.join().unwrap();
            return None;
        }
        Some(world.state.value("a"))
    });
    let found = tokio::time::timeout(Duration::from_secs(60), waiting).await;
    assert_eq!(found.expect("it looks again"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_wake_up_is_lost_between_looking_and_sleeping() {
    let running = Rig::new().start();
    let rounds = 2_000;
    let waiters: Vec<_> = (0..4)
        .map(|_| {
            let handle = running.handle.clone();
            tokio::spawn(async move {
                for value in 1..=rounds {
                    handle.wait_for("a".to_owned(), reaches("a", value)).await;
                }
            })
        })
        .collect();
    for _ in 0..rounds {
        running.add("a", 1).await;
    }
    for waiter in waiters {
        tokio::time::timeout(Duration::from_secs(60), waiter)
            .await
            .expect("no waiter sleeps")
            .unwrap();
    }
}
