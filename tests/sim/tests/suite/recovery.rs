//! The rows of reconciliation, on the light stack.

use std::time::Duration;

use tests_sim::{Fault, FaultSet, Figures, Options, run_episode};

/// Containers of the script: each of its six treatments once.
const CONTAINERS: usize = 6;

/// Runs the script with these faults.
fn scripted(faults: FaultSet) -> Figures {
    let options = Options {
        faults,
        containers: CONTAINERS,
        span: Duration::from_secs(240),
        pause: Duration::from_secs(2),
        script: true,
        ..Options::default()
    };
    run_episode(&options).unwrap_or_else(|failure| panic!("{faults:?}: {failure}"))
}

#[test]
fn j_030_a_process_that_dies_at_any_point_leaves_one_workload_for_each_run() {
    let whole = scripted(FaultSet::Death(u64::MAX));
    assert!(whole.crash_points > 100, "{} points", whole.crash_points);
    let mut crashes = 0;
    for nth in 1..=whole.crash_points {
        let figures = scripted(FaultSet::Death(nth));
        assert_eq!(figures.duplicates, 0, "the death at point {nth}");
        crashes += figures.crashes;
        // What a client was not answered may not have happened, and the script does not ask again: one group at most.
        let other = whole.ends.iter().filter(|(name, end)| figures.ends.get(*name) != Some(end));
        assert!(other.count() <= 2, "point {nth}: {:?} instead of {:?}", figures.ends, whole.ends);
    }
    // At some points there is nothing to write, and so nothing to die of.
    assert!(crashes > whole.crash_points / 2, "{crashes} of {}", whole.crash_points);
}

#[test]
fn j_032_wake_ups_that_are_dropped_doubled_or_reordered_come_to_the_same_end() {
    let expected = scripted(FaultSet::None);
    assert_eq!(expected.ends.len(), CONTAINERS - 1, "{:?}", expected.ends);
    for fault in [Fault::WakeDropped, Fault::WakeDoubled, Fault::WakeReordered] {
        let figures = scripted(FaultSet::Only(fault));
        assert!(figures.faults[&fault] > 20, "{fault:?} struck {} times", figures.faults[&fault]);
        assert_eq!(figures.ends, expected.ends, "{fault:?}");
    }
}

#[test]
fn j_033_a_backend_that_is_down_or_throttles_delays_and_changes_nothing() {
    let expected = scripted(FaultSet::None);
    for fault in [Fault::Refused, Fault::Throttled, Fault::AnswerLost, Fault::CallLost] {
        let figures = scripted(FaultSet::Only(fault));
        assert!(figures.faults[&fault] > 3, "{fault:?} struck {} times", figures.faults[&fault]);
        assert_eq!(figures.ends, expected.ends, "{fault:?}");
        assert_eq!(figures.duplicates, 0, "{fault:?}");
    }
}

#[test]
fn j_031_ends_that_nobody_reported_are_found_with_the_status_that_is_known() {
    let expected = scripted(FaultSet::None);
    let figures = scripted(FaultSet::Only(Fault::ReportLost));
    assert!(figures.faults[&Fault::ReportLost] > 2, "{:?}", figures.faults);
    assert_eq!(figures.ends, expected.ends);
}
