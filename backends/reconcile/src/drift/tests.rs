//! What is told of what is wanted and found.

use backends_core::{Found, FoundRun, Observation, RunId};
use expect_test::{Expect, expect};
use journal_domain::ContainerId;
use journal_log::Timestamp;
use tokio::time::Instant;

use super::drift;
use crate::story::{Story, WEB};

const RUN: RunId = RunId { container: WEB, incarnation: 1 };

fn found(run: Option<FoundRun>) -> Found {
    Found { container: WEB, run, execs: Vec::new(), own: false }
}

fn running() -> Option<FoundRun> {
    let (started_at, ports) = (Timestamp::ZERO, Vec::new());
    Some(FoundRun::Running { incarnation: 1, pid: 9, started_at, ports })
}

fn ended() -> Option<FoundRun> {
    let (finished_at, error) = (Timestamp::ZERO, String::new());
    let report =
        Observation::Exited { run: RUN, exit_code: 5, oom_killed: false, finished_at, error };
    Some(FoundRun::Ended { incarnation: 1, report })
}

fn check(story: &Story, found: &[Found], expected: Expect) {
    let lines = drift(&story.state, found, Instant::now());
    expected.assert_eq(&lines.iter().map(ToString::to_string).collect::<String>());
}

#[test]
fn what_is_as_it_is_wanted_needs_nothing() {
    check(
        &Story::new(),
        &[],
        expect![[r#"
        = container web 010101010101: wanted not started, found nothing
    "#]],
    );
    check(
        &Story::new().start().started(),
        &[found(running())],
        expect![[r#"
        = container web 010101010101: wanted run 1 running, found run 1 running as process 9
    "#]],
    );
    check(
        &Story::new().start().started().exited(),
        &[found(ended())],
        expect![[r#"
        = container web 010101010101: wanted run 1 ended, found run 1 ended with 5
    "#]],
    );
}

#[test]
fn what_ended_or_went_meanwhile_would_go_on_record() {
    check(
        &Story::new().start().started(),
        &[found(ended())],
        expect![[r#"
        ~ container web 010101010101: wanted run 1 running, found run 1 ended with 5
            record its end with 5
    "#]],
    );
    check(
        &Story::new().start().started(),
        &[],
        expect![[r#"
        ~ container web 010101010101: wanted run 1 running, found nothing
            record its loss: nothing of it was found on the backend
    "#]],
    );
}

#[test]
fn a_start_is_done_unless_it_was_done() {
    check(
        &Story::new().start(),
        &[],
        expect![[r#"
        ~ container web 010101010101: wanted run 1 to be started, found nothing
            start run 1
    "#]],
    );
    check(
        &Story::new().start(),
        &[found(running())],
        expect![[r#"
        ~ container web 010101010101: wanted run 1 to be started, found run 1 running as process 9
            record that it runs as process 9
    "#]],
    );
}

#[test]
fn signals_removals_and_execs_are_told() {
    check(
        &Story::new().start().started().stop(),
        &[found(running())],
        expect![[r#"
        ~ container web 010101010101: wanted run 1 running, found run 1 running as process 9
            send signal SIGTERM (number 1)
    "#]],
    );
    check(
        &Story::new().remove(),
        &[],
        expect![[r#"
        ~ container web 010101010101: wanted gone, found nothing
            remove it
    "#]],
    );
    check(
        &Story::new().start().started().exec(),
        &[found(running())],
        expect![[r#"
        = container web 010101010101: wanted run 1 running, found run 1 running as process 9
        ~ exec 020202020202
            start it
    "#]],
    );
}

#[test]
fn what_the_log_does_not_know_is_told_too() {
    let stray = ContainerId::from_bytes([7; 32]);
    let of = |run| Found { container: stray, run, execs: Vec::new(), own: false };
    check(
        &Story::new(),
        &[of(None)],
        expect![[r#"
        = container web 010101010101: wanted not started, found nothing
        ~ container 070707070707: wanted nothing, found files, and no run
            remove what is left of it
    "#]],
    );
    check(
        &Story::new(),
        &[of(running())],
        expect![[r#"
        = container web 010101010101: wanted not started, found nothing
        ~ container 070707070707: wanted nothing, found run 1 running as process 9
            leave run 1 alone: it may be another log's
    "#]],
    );
    check(
        &Story::new(),
        &[Found { own: true, ..of(running()) }],
        expect![[r#"
        = container web 010101010101: wanted not started, found nothing
        ~ container 070707070707: wanted nothing, found run 1 running as process 9
            end run 1, which is over for the log
            remove what is left of it
    "#]],
    );
    check(
        &Story::new().start().started().exited(),
        &[found(running())],
        expect![[r#"
        ~ container web 010101010101: wanted run 1 ended, found run 1 running as process 9
            end run 1, which is over for the log
    "#]],
    );
}
