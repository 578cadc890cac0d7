//! Timers of the state, on a clock that is moved by hand.

use std::time::Duration;

use journal_log::{Body, Outcome, RecordKind};
use projector_machine::testkit::CounterCommand;

use crate::rig::{NOW, Rig, arm, eventually};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn timers_ring_in_the_order_of_their_times() {
    let rig = Rig::new();
    let running = rig.start();
    for (name, after) in [("late", 3), ("early", 1), ("middle", 2)] {
        running.submit(arm(name, SECOND * after)).await.unwrap();
    }
    rig.clock.advance(SECOND * 10);
    eventually("all have rung", || running.handle.metrics().timers == 3).await;
    running
        .handle
        .wait_for("late".to_owned(), |world| (world.state.value("late") == 1).then_some(()))
        .await;
    let rung: Vec<_> = ["early", "middle", "late"]
        .iter()
        .map(|name| {
            running
                .handle
                .snapshot()
                .state
                .counts()
                .find(|(it, _)| it == name)
                .unwrap()
                .1
                .changed
                .seq
        })
        .collect();
    assert!(rung.is_sorted(), "{rung:?}");
}

#[tokio::test]
async fn a_timer_is_a_record_of_its_own_kind_with_its_time() {
    let rig = Rig::new();
    let running = rig.start();
    running.submit(arm("a", SECOND)).await.unwrap();
    rig.clock.advance(SECOND);
    running
        .handle
        .wait_for("a".to_owned(), |world| (world.state.value("a") == 1).then_some(()))
        .await;
    assert_eq!(rig.records()[2].header.kind, RecordKind::Timer);
    let Body::Timer(body) = &rig.bodies()[2] else { panic!("no timer") };
    assert_eq!(body.actor.principal, "timer");
    assert_eq!(body.now, NOW.saturating_add(SECOND));
}

#[tokio::test]
async fn a_timer_that_is_not_due_does_not_ring() {
    let rig = Rig::new();
    let running = rig.start();
    running.submit(arm("a", SECOND)).await.unwrap();
    rig.clock.advance(SECOND - Duration::from_nanos(1));
    running.add("b", 1).await;
    assert_eq!(running.value("a"), 0);
}

#[tokio::test]
async fn timers_ring_after_a_restart() {
    let rig = Rig::new();
    let running = rig.start();
    running.submit(arm("a", SECOND)).await.unwrap();
    running.kill().await;
    rig.clock.advance(SECOND * 5);
    let running = rig.start();
    running
        .handle
        .wait_for("a".to_owned(), |world| (world.state.value("a") == 1).then_some(()))
        .await;
}

#[tokio::test]
async fn a_timer_that_does_not_move_is_held_back() {
    let rig = Rig::new();
    let running = rig.start();
    let at = NOW.saturating_add(SECOND);
    let jammed = CounterCommand::Arm { name: "a".to_owned(), at, is_jammed: true };
    running.submit(jammed).await.unwrap();
    rig.clock.advance(SECOND);
    eventually("it has rung", || running.handle.metrics().timers == 1).await;
    for _ in 0..50 {
        running.add("b", 1).await;
    }
    assert_eq!(running.handle.metrics().timers, 1);
    rig.clock.advance(SECOND);
    eventually("it rings again", || running.handle.metrics().timers == 2).await;
    running.add("b", 1).await;
    let refused = rig
        .bodies()
        .iter()
        .filter(|body| matches!(body, Body::Timer(body) if body.outcome != Outcome::Accepted))
        .count();
    assert_eq!(refused, 2);
}

#[tokio::test]
async fn many_timers_at_once_do_not_hold_up_commands() {
    let rig = Rig::new();
    let running = rig.start();
    for number in 0..200 {
        running.submit(arm(&format!("timer-{number}"), SECOND)).await.unwrap();
    }
    rig.clock.advance(SECOND);
    running.add("b", 1).await;
    eventually("all have rung", || running.handle.snapshot().state.counts().count() == 201).await;
    assert!(running.handle.metrics().batch_records.count() >= 204);
}

#[tokio::test]
async fn time_never_goes_back_in_the_log() {
    let rig = Rig::new();
    let running = rig.start();
    rig.clock.advance(SECOND * 100);
    let before = running.submit(crate::rig::add("a", 1)).await.unwrap().stamp.at;
    rig.clock.set(NOW);
    let after = running.submit(crate::rig::add("a", 1)).await.unwrap().stamp.at;
    assert!(after >= before);
    running.kill().await;
    let running = rig.start();
    let restarted = running.submit(crate::rig::add("a", 1)).await.unwrap().stamp.at;
    assert!(restarted >= after);
}
