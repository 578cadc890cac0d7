//! What a submitter gets, and what stands in the log then.

use journal_log::{Body, Outcome, RecordKind, RequestId, SealBodyV1, Seq, TreeHash, Wire};
use projector_engine::SubmitError;
use projector_machine::testkit::{CounterCommand, CounterEvent, CounterRefusal};

use crate::rig::{Rig, add, observe, submission};

#[tokio::test]
async fn an_answered_command_is_durable_and_applied() {
    let rig = Rig::new();
    let running = rig.start();
    let committed = running.submit(add("a", 3)).await.unwrap();
    assert_eq!(committed.stamp.seq, Seq::new(2));
    assert_eq!(*committed.events, [CounterEvent::Added { name: "a".to_owned(), by: 3 }]);
    assert_eq!(running.value("a"), 3);
    assert_eq!(running.handle.snapshot().seq, committed.stamp.seq);
    assert_eq!(rig.records().len(), 2);
}

#[tokio::test]
async fn a_record_tells_who_asked_what_and_what_came_of_it() {
    let rig = Rig::new();
    let running = rig.start();
    let mut asked = submission(add("a", 3));
    asked.cause = Some(Seq::FIRST);
    let committed = running.handle.submit(asked.clone()).await.unwrap();
    let Body::Command(body) = &rig.bodies()[1] else { panic!("no command") };
    assert_eq!(body.actor, asked.actor);
    assert_eq!(body.request, asked.request);
    assert_eq!(body.cause, asked.cause);
    assert_eq!(body.now, committed.stamp.at);
    assert_eq!(CounterCommand::from_tagged(&body.command).unwrap(), asked.command);
    assert_eq!(body.outcome, Outcome::Accepted);
    assert_eq!(body.events, [committed.events[0].to_tagged().unwrap()]);
    assert_eq!(rig.records()[1].header.request, asked.request);
}

#[tokio::test]
async fn a_note_is_a_record_that_changes_no_state() {
    let rig = Rig::new();
    let running = rig.start();
    running.add("a", 1).await;
    let hash = running.state_hash();
    let body = Body::Seal(SealBodyV1 {
        first: Seq::FIRST,
        last: Seq::new(2),
        root: TreeHash::from_bytes([7; 32]),
        checkpoint: "signed".to_owned(),
    });
    let stamp = running.handle.note(RequestId::NONE, &body).await.unwrap();
    assert_eq!(stamp.seq, Seq::new(3));
    assert_eq!(rig.bodies()[2], body);
    assert_eq!((running.handle.snapshot().seq, running.state_hash()), (stamp.seq, hash));
    running.kill().await;
    assert_eq!(rig.start().value("a"), 1);
}

#[tokio::test]
async fn a_refusal_is_a_record_and_changes_nothing() {
    let rig = Rig::new();
    let running = rig.start();
    let hash = running.state_hash();
    let error = running.submit(add("a", 0)).await.unwrap_err();
    assert_eq!(error, SubmitError::Refused { seq: Seq::new(2), refusal: CounterRefusal::Nothing });
    let Body::Command(body) = &rig.bodies()[1] else { panic!("no command") };
    let message = "nothing to add".to_owned();
    assert_eq!(body.outcome, Outcome::Refused { code: 1, message });
    assert!(body.events.is_empty());
    assert_eq!(running.state_hash(), hash);
    assert_eq!(running.handle.metrics().refusals, 1);
}

#[tokio::test]
async fn the_kind_of_a_record_tells_where_its_command_came_from() {
    let rig = Rig::new();
    let running = rig.start();
    running.submit(add("a", 1)).await.unwrap();
    running.submit(observe("a", 9)).await.unwrap();
    let kinds: Vec<_> = rig.records().iter().map(|record| record.header.kind).collect();
    assert_eq!(kinds, [RecordKind::Epoch, RecordKind::Command, RecordKind::Observation]);
    assert_eq!(running.value("a"), 9);
}

#[tokio::test]
async fn a_command_over_the_limit_is_not_in_the_log() {
    let rig = Rig::new();
    let running = rig.start();
    let command = add(&"a".repeat((1 << 20) - 20), 1);
    let error = running.submit(command).await.unwrap_err();
    assert!(matches!(error, SubmitError::TooLarge { .. }), "{error}");
    let event = CounterCommand::Swell { size_bytes: (1 << 20) - 16 };
    let error = running.submit(event).await.unwrap_err();
    assert!(matches!(error, SubmitError::TooLarge { .. }), "{error}");
    assert_eq!(running.add("a", 1).await, Seq::new(2));
}

#[tokio::test]
async fn a_command_far_over_the_limit_is_told_so_and_the_next_is_taken() {
    let rig = Rig::new();
    let running = rig.start();
    let error = running.submit(add(&"a".repeat(2 << 20), 1)).await.unwrap_err();
    assert!(matches!(error, SubmitError::TooLarge { .. }), "{error}");
    assert_eq!(rig.records().len(), 1);
}

#[tokio::test]
async fn a_submitter_that_went_away_does_not_undo_its_command() {
    let rig = Rig::new();
    let (running, gate) = rig.start_gated();
    let handle = running.handle.clone();
    let blocked = tokio::spawn(async move { handle.submit(submission(add("a", 1))).await });
    tokio::task::spawn_blocking({
        let gate = gate.clone();
        move || gate.until_waited_at()
    })
    .await
    .unwrap();
    blocked.abort();
    assert!(blocked.await.unwrap_err().is_cancelled());
    gate.open();
    running.add("b", 1).await;
    assert_eq!(running.value("a"), 1);
}

#[tokio::test]
async fn an_engine_that_has_ended_takes_nothing() {
    let rig = Rig::new();
    let running = rig.start();
    let handle = running.handle.clone();
    running.kill().await;
    let error = handle.submit(submission(add("a", 1))).await.unwrap_err();
    assert_eq!(error, SubmitError::Stopped);
}

#[tokio::test]
async fn the_engine_ends_with_its_last_handle() {
    let rig = Rig::new();
    let running = rig.start();
    let mut changed = running.handle.changed();
    changed.mark_unchanged();
    drop(running);
    assert!(changed.changed().await.is_err());
}

#[tokio::test]
async fn changes_are_told_with_their_place() {
    let rig = Rig::new();
    let running = rig.start();
    let mut changed = running.handle.changed();
    assert_eq!(*changed.borrow_and_update(), Seq::FIRST);
    let seq = running.add("a", 1).await;
    changed.changed().await.unwrap();
    assert_eq!(*changed.borrow_and_update(), seq);
}
