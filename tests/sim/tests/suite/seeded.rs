//! Whole episodes, with everything that can go wrong.

use std::time::Duration;

use tests_sim::{Fault, Options, Progress, hours, run, run_episode, seed};

/// Container-hours of the short form: some seconds in an unoptimised build.
const HOURS: u64 = 60;

/// A seed that is as good as any.
const SEED: u64 = 20_260_101;

/// An episode that is over soon.
pub(crate) fn short() -> Options {
    Options {
        containers: 12,
        span: Duration::from_secs(2 * 3600),
        pause: Duration::from_secs(8),
        ..Options::default()
    }
}

#[test]
fn nothing_is_lost_doubled_or_stuck_whatever_goes_wrong() {
    let (seed, hours) = (seed(SEED).unwrap(), hours(HOURS).unwrap());
    let base = if hours > HOURS { Options::default() } else { short() };
    let tell = |progress: Progress<'_>| {
        if hours > HOURS {
            eprintln!("{} of {hours} container-hours", progress.figures.container_hours());
        }
    };
    let figures = run(&Options { seed, hours, ..base }, tell).unwrap_or_else(|failure| {
        println!("{}", failure.figures.line(seed, true));
        panic!("{failure}")
    });
    println!("{}", figures.line(seed, false));
    assert_eq!((figures.duplicates, figures.orphans), (0, 0));
    let kinds = figures.faults.values().filter(|count| **count > 0).count();
    assert!(kinds >= 20, "only {kinds} kinds of faults struck: {:?}", figures.faults);
    assert!(figures.crashes > 0 && figures.starts > 100, "{figures:?}");
}

#[test]
fn a_seed_is_the_same_run_to_the_bit() {
    let first = run_episode(&short()).unwrap();
    assert_eq!(run_episode(&short()).unwrap(), first);
    let other = run_episode(&Options { seed: 2, ..short() }).unwrap();
    assert_ne!(other.trace, first.trace);
}

#[test]
fn each_kind_of_fault_can_be_had_alone() {
    let faults: Vec<_> = Fault::ALL.iter().map(|fault| fault.name()).collect();
    let mut names = faults.clone();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), faults.len(), "two kinds have one name: {faults:?}");
}
