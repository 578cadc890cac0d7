//! What goes on record for what is found after a restart.

use std::collections::HashMap;

use backends_core::{Found, FoundExec, FoundRun, Observation, RunId};
use journal_log::Timestamp;

use super::reports;
use crate::story::{EXEC, Story, WEB};

const RUN: RunId = RunId { container: WEB, incarnation: 1 };

fn found(run: Option<FoundRun>, execs: Vec<FoundExec>) -> Found {
    Found { container: WEB, run, execs, own: false }
}

fn running(incarnation: u32) -> Option<FoundRun> {
    Some(FoundRun::Running { incarnation, pid: 9, started_at: Timestamp::ZERO, ports: Vec::new() })
}

fn told(story: &Story, found: Option<Found>) -> Vec<Observation> {
    let found: HashMap<_, _> = found.iter().map(|found| (found.container, found)).collect();
    reports(&story.state, &found)
}

fn exited() -> Observation {
    let finished_at = Timestamp::ZERO;
    let error = String::new();
    Observation::Exited { run: RUN, exit_code: 5, oom_killed: false, finished_at, error }
}

#[test]
fn a_start_that_was_not_seen_is_reported_and_one_that_was_is_not() {
    let starting = Story::new().start();
    let seen = told(&starting, Some(found(running(1), vec![])));
    assert!(matches!(seen[..], [Observation::Started { run: RUN, pid: 9, .. }]), "{seen:?}");
    assert_eq!(told(&starting.started(), Some(found(running(1), vec![]))), []);
}

#[test]
fn a_start_that_left_no_trace_is_left_to_the_plan() {
    let starting = Story::new().start();
    assert_eq!(told(&starting, None), []);
    assert_eq!(told(&starting, Some(found(None, vec![]))), []);
}

#[test]
fn an_end_that_came_meanwhile_is_reported_as_it_was() {
    let run = Some(FoundRun::Ended { incarnation: 1, report: exited() });
    assert_eq!(told(&Story::new().start().started(), Some(found(run, vec![]))), [exited()]);
}

#[test]
fn a_run_that_is_gone_is_lost() {
    let running_story = Story::new().start().started();
    for trace in [None, Some(found(None, vec![])), Some(found(running(7), vec![]))] {
        let seen = told(&running_story, trace);
        assert!(matches!(seen[..], [Observation::Lost { run: RUN, .. }]), "{seen:?}");
    }
}

#[test]
fn what_does_not_run_is_not_looked_for() {
    assert_eq!(told(&Story::new(), None), []);
    assert_eq!(told(&Story::new().start().started().exited(), None), []);
}

#[test]
fn execs_are_reported_as_they_are_found() {
    let story = Story::new().start().started().exec();
    let with = |pid, exit_code| {
        let exec = FoundExec { exec: EXEC, pid, exit_code };
        told(&story, Some(found(running(1), vec![exec])))
    };
    assert_eq!(with(Some(3), None), [Observation::ExecStarted { exec: EXEC, pid: 3 }]);
    let ended = with(None, Some(4));
    assert!(matches!(ended[..], [Observation::ExecExited { exit_code: 4, .. }]), "{ended:?}");
    assert_eq!(told(&story, Some(found(running(1), vec![]))), [], "the plan starts it");
}

#[test]
fn an_exec_that_ran_and_is_gone_ended_unseen() {
    let mut story = Story::new().start().started().exec();
    let seen = journal_domain::ObserveExecStarted { id: EXEC, pid: 3 };
    story.tell(journal_domain::ExecCommand::from(seen));
    let told = told(&story, Some(found(running(1), vec![])));
    assert!(matches!(told[..], [Observation::ExecExited { exit_code: 255, .. }]), "{told:?}");
}
