//! What a look makes of what it finds, and how long it waits.

use std::time::Duration;

use backends_core::{Found, FoundRun, Observation, RunId};
use journal_domain::ContainerId;
use journal_log::Timestamp;
use tokio::time::Instant;

use super::{Look, Sightings, Stray, Swept, sweep};
use crate::{
    Progress, StepKey,
    story::{Story, WEB},
};

const GRACE: Duration = Duration::from_secs(30);

const STRAY: ContainerId = ContainerId::from_bytes([9; 32]);

const STRAY_RUN: RunId = RunId { container: STRAY, incarnation: 1 };

/// Looks at the same `found` at the given seconds, and gives what the last look came to.
fn looked(story: &Story, progress: &Progress, found: &[Found], at: &[u64]) -> Swept {
    let (begin, mut seen) = (Instant::now(), Sightings::default());
    let looks = at.iter().map(|seconds| {
        let now = begin + Duration::from_secs(*seconds);
        let look = Look { before: &story.state, progress, now, grace: GRACE };
        sweep(&look, &story.state, found, &mut seen)
    });
    looks.last().unwrap()
}

fn stray(running: bool, own: bool) -> Found {
    let (incarnation, pid, started_at, ports) = (1, 7, Timestamp::ZERO, Vec::new());
    let run = running.then_some(FoundRun::Running { incarnation, pid, started_at, ports });
    Found { container: STRAY, run, execs: Vec::new(), own }
}

#[test]
fn a_run_is_lost_once_it_was_missing_for_long_enough() {
    let (story, progress) = (Story::new().start().started(), Progress::default());
    assert_eq!(looked(&story, &progress, &[], &[0]), Swept::default());
    assert_eq!(looked(&story, &progress, &[], &[0, 29]), Swept::default());
    let lost = looked(&story, &progress, &[], &[0, 30]).reports;
    assert!(matches!(lost[..], [Observation::Lost { run, .. }] if run.container == WEB));
}

#[test]
fn a_run_that_something_is_done_to_is_not_missed() {
    let (story, mut progress) = (Story::new().start().started(), Progress::default());
    progress.begin(StepKey::Container(WEB));
    assert_eq!(looked(&story, &progress, &[], &[0, 60]), Swept::default());
}

#[test]
fn a_run_that_began_after_the_list_was_asked_for_is_not_missed() {
    let (before, now) = (Story::new(), Story::new().start().started());
    let (progress, mut seen) = (Progress::default(), Sightings::default());
    for seconds in [0, 60] {
        let now_at = Instant::now() + Duration::from_secs(seconds);
        let look = Look { before: &before.state, progress: &progress, now: now_at, grace: GRACE };
        assert_eq!(sweep(&look, &now.state, &[], &mut seen), Swept::default());
    }
}

#[test]
fn what_is_left_of_an_unknown_container_goes_after_a_while() {
    let (story, progress) = (Story::new(), Progress::default());
    for (running, own) in [(false, false), (false, true), (true, true)] {
        let found = [stray(running, own)];
        assert_eq!(looked(&story, &progress, &found, &[0]), Swept::default());
        let running = running.then_some(STRAY_RUN);
        let expected = Stray { container: STRAY, running, is_unknown: true };
        assert_eq!(looked(&story, &progress, &found, &[0, 30]).strays, [expected]);
    }
}

#[test]
fn a_run_that_may_be_another_logs_is_left_alone() {
    let swept = looked(&Story::new(), &Progress::default(), &[stray(true, false)], &[0, 30]);
    assert_eq!((swept.strays, swept.strangers), (vec![], vec![STRAY_RUN]));
}

#[test]
fn a_run_that_the_log_knows_to_be_over_is_ended_and_its_container_stays() {
    let (story, progress) = (Story::new().start().started().exited(), Progress::default());
    let found = [Found { container: WEB, ..stray(true, false) }];
    assert_eq!(looked(&story, &progress, &found, &[0]), Swept::default());
    let running = Some(RunId { container: WEB, incarnation: 1 });
    let expected = Stray { container: WEB, running, is_unknown: false };
    assert_eq!(looked(&story, &progress, &found, &[0, 30]).strays, [expected]);
}
