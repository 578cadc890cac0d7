//! What is asked before the machine is: it sees the state that decides, and its refusal is a record.

use std::sync::Arc;

use journal_log::{Body, Outcome, Seq, Wire as _};
use projector_engine::{Check, SubmitError};
use projector_machine::testkit::{CounterCommand, CounterRefusal, Counters};

use crate::rig::{Rig, Running, add, eventually, submission};

/// Lets a command through while the counter `a` is below `limit`.
fn below(limit: u64) -> Option<Check<Counters>> {
    Some(Arc::new(move |state, command| {
        let CounterCommand::Add { by, .. } = command else { return Ok(()) };
        if state.value("a") + by > limit { Err(CounterRefusal::Full) } else { Ok(()) }
    }))
}

async fn submit(
    running: &Running,
    by: u64,
    limit: u64,
) -> Result<Seq, SubmitError<CounterRefusal>> {
    let submitted = running.handle.submit_checked(submission(add("a", by)), below(limit)).await;
    submitted.map(|committed| committed.stamp.seq)
}

#[tokio::test]
async fn a_refusal_before_the_machine_is_a_record_with_its_command() {
    let rig = Rig::new();
    let running = rig.start();
    submit(&running, 3, 5).await.unwrap();
    let SubmitError::Refused { seq, .. } = submit(&running, 3, 5).await.unwrap_err() else {
        panic!("no refusal")
    };
    assert_eq!((seq, running.value("a")), (Seq::new(3), 3));
    let Body::Command(body) = &rig.bodies()[2] else { panic!("no command") };
    assert_eq!(CounterCommand::from_tagged(&body.command).unwrap(), add("a", 3));
    assert!(matches!(body.outcome, Outcome::Refused { .. }), "{:?}", body.outcome);
    running.kill().await;
    assert_eq!(rig.start().value("a"), 3);
}

#[tokio::test]
async fn it_sees_what_was_decided_in_the_same_group_and_is_not_published_yet() {
    let rig = Rig::new();
    let (running, gate) = rig.start_gated();
    let first = tokio::spawn({
        let handle = running.handle.clone();
        async move { handle.submit(submission(add("b", 1))).await }
    });
    let waited = gate.clone();
    tokio::task::spawn_blocking(move || waited.until_waited_at()).await.unwrap();
    let both = async { tokio::join!(submit(&running, 3, 5), submit(&running, 3, 5)) };
    let open = async {
        eventually("both wait", || running.handle.metrics().queued_commands == 2).await;
        gate.open();
    };
    let ((one, other), ()) = tokio::join!(both, open);
    first.await.unwrap().unwrap();
    assert!(one.is_ok() && matches!(other, Err(SubmitError::Refused { .. })), "{one:?} {other:?}");
    assert_eq!(running.value("a"), 3);
}

#[tokio::test]
async fn a_check_that_panics_gives_up_its_command_alone() {
    let rig = Rig::new();
    let running = rig.start();
    let check: Check<Counters> = Arc::new(|_, _| panic!("as the test wants"));
    let given_up = running.handle.submit_checked(submission(add("a", 1)), Some(check)).await;
    assert!(matches!(given_up, Err(SubmitError::Panicked { .. })), "{given_up:?}");
    running.add("a", 2).await;
    assert_eq!((running.value("a"), rig.records().len()), (2, 2));
}
