//! A panic costs the command that caused it.

use projector_engine::SubmitError;
use projector_machine::testkit::CounterCommand;

use crate::rig::{Rig, add, eventually, submission};

#[tokio::test]
async fn a_panic_in_decide_is_an_error_and_the_engine_goes_on() {
    let rig = Rig::new();
    let running = rig.start();
    let error = running.submit(CounterCommand::BreakDecide).await.unwrap_err();
    let message = "decide is made to break".to_owned();
    assert_eq!(error, SubmitError::Panicked { message });
    running.add("a", 1).await;
    assert_eq!(rig.records().len(), 2);
    assert_eq!(running.handle.metrics().panics, 1);
}

#[tokio::test]
async fn a_panic_in_apply_leaves_nothing_behind() {
    let rig = Rig::new();
    let running = rig.start();
    let hash = running.state_hash();
    let error = running.submit(CounterCommand::BreakApply).await.unwrap_err();
    assert!(matches!(error, SubmitError::Panicked { .. }));
    assert_eq!(running.state_hash(), hash);
    running.add("a", 1).await;
    assert_eq!(running.value("broken"), 0);
    assert_eq!(rig.records().len(), 2);
}

#[tokio::test]
async fn the_others_of_its_group_are_not_touched() {
    let rig = Rig::new();
    let (running, gate) = rig.start_gated();
    let mut tasks = Vec::new();
    let spawn = |command: CounterCommand| {
        let handle = running.handle.clone();
        tokio::spawn(async move { handle.submit(submission(command)).await })
    };
    tasks.push(spawn(add("first", 1)));
    let waited = gate.clone();
    tokio::task::spawn_blocking(move || waited.until_waited_at()).await.unwrap();
    for (queued, command) in [
        add("a", 1),
        add("a", 2),
        CounterCommand::BreakApply,
        add("a", 4),
        CounterCommand::BreakDecide,
    ]
    .into_iter()
    .enumerate()
    {
        tasks.push(spawn(command));
        let expected = queued as u64 + 1;
        eventually("it is queued", || running.handle.metrics().queued_commands == expected).await;
    }
    gate.open();
    let mut is_ok = Vec::new();
    for task in tasks {
        is_ok.push(task.await.unwrap().is_ok());
    }
    assert_eq!(is_ok, [true, true, true, false, true, false]);
    assert_eq!((running.value("a"), running.value("broken")), (7, 0));
    assert_eq!(rig.records().len(), 5);

    let hash = running.state_hash();
    running.kill().await;
    assert_eq!(rig.start().state_hash(), hash);
}
