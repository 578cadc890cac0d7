//! Histories that fit a log, and histories that do not.

use tokio::time::Instant;

use super::*;
use crate::history::{Answer, Begun};

const LOG: &str = r#"{"seq":1,"kind":"epoch"}
{"seq":2,"command":"container.create","request":"r0","actor":{"agent":"kill-loop-0"},"events":[{"event":"container.created","id":"x","name":"a"}]}
{"seq":3,"command":"container.start","request":"r1","actor":{"agent":"kill-loop-1"},"events":[{"event":"container.start_requested","id":"x","incarnation":1}]}
{"seq":4,"command":"container.observe_started","request":"","actor":{"agent":""},"events":[{"event":"container.started","id":"x","incarnation":1,"pid":7}]}
{"seq":5,"command":"container.observe_exit","request":"","actor":{"agent":""},"events":[{"event":"container.exited","id":"x","incarnation":1,"exit_code":3}]}
"#;

/// A create that was answered and a start that was cut off.
fn history() -> History {
    let mut history = History::default();
    let (number, _) = history.ask("container.create");
    let (request, made) = ("r0".to_owned(), Some("x".to_owned()));
    history.changes[number].answer =
        Some(Answer { answered: Instant::now(), seq: 2, request, made });
    history.ask("container.start");
    history
}

fn answer(history: &mut History) -> &mut Answer {
    history.changes[0].answer.as_mut().unwrap()
}

/// Checks a history after a change of it, and gives what was found.
fn check(change: impl FnOnce(&mut History)) -> Result<()> {
    let mut history = history();
    change(&mut history);
    Log::fold(LOG)?.check(&history)
}

/// Adds a look at the container, as of `as_of`.
fn look(history: &mut History, as_of: u64, status: &str, pid: u64, exit_code: i64) {
    let (asked, answered) = (Instant::now(), Instant::now());
    let (id, name, status) = ("x".to_owned(), "a".to_owned(), status.to_owned());
    history.looks.push(Look { asked, answered, as_of, id, name, status, pid, exit_code });
}

#[test]
fn a_history_that_fits_is_taken() {
    assert!(check(|_| ()).is_ok());
    assert!(check(|history| look(history, 2, "created", 0, 0)).is_ok());
    assert!(check(|history| look(history, 4, "running", 7, 0)).is_ok());
    assert!(check(|history| look(history, 5, "exited", 0, 3)).is_ok());
    assert!(check(|history| history.begun.push(Begun { id: "x".into(), times: 1 })).is_ok());
    assert_eq!(Log::fold(LOG).unwrap().starts(), 1);
}

#[test]
fn an_answer_under_another_number_request_or_identity_is_found_out() {
    assert!(check(|history| answer(history).seq = 3).is_err());
    assert!(check(|history| answer(history).request = "r1".into()).is_err());
    assert!(check(|history| answer(history).made = Some("y".into())).is_err());
    assert!(check(|history| history.changes[0].command = "container.rename").is_err());
}

#[test]
fn a_lost_change_is_found_out() {
    let text: String = LOG.lines().take(1).map(|line| format!("{line}\n")).collect();
    assert!(Log::fold(&text).unwrap().check(&history()).is_err());
}

#[test]
fn a_change_that_is_there_twice_is_found_out_answered_or_not() {
    for call in ["kill-loop-0", "kill-loop-1"] {
        let again = format!(
            "{LOG}{{\"seq\":6,\"command\":\"container.start\",\"request\":\"r9\",\"actor\":{{\"agent\":\"{call}\"}},\"events\":[]}}\n"
        );
        assert!(Log::fold(&again).unwrap().check(&history()).is_err(), "{call}");
    }
}

#[test]
fn a_change_that_nobody_asked_for_is_found_out() {
    let mut short = history();
    short.changes.truncate(1);
    assert!(Log::fold(LOG).unwrap().check(&short).is_err());
}

#[test]
fn a_gap_in_the_log_and_a_run_that_started_twice_are_found_out() {
    assert!(Log::fold(&LOG.replace("\"seq\":4", "\"seq\":5")).is_err());
    let started = LOG.lines().nth(3).unwrap().replace("\"seq\":4", "\"seq\":6");
    assert!(Log::fold(&format!("{LOG}{started}\n")).is_err());
    assert!(check(|history| history.begun.push(Begun { id: "x".into(), times: 2 })).is_err());
}

#[test]
fn a_look_at_another_state_than_that_of_its_point_is_found_out() {
    assert!(check(|history| look(history, 2, "running", 7, 0)).is_err());
    assert!(check(|history| look(history, 4, "running", 8, 0)).is_err());
    assert!(check(|history| look(history, 5, "exited", 0, 4)).is_err());
    assert!(check(|history| look(history, 1, "created", 0, 0)).is_err());
}
