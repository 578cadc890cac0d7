//! Budgets in words, and their division.

use std::time::Duration;

use super::*;

#[test]
fn a_budget_is_a_number_with_a_unit() {
    assert_eq!(parse("90s"), Ok(Duration::from_secs(90)));
    assert_eq!(parse("60m"), Ok(Duration::from_secs(3600)));
    assert_eq!(parse("2h"), Ok(Duration::from_secs(7200)));
    for wrong in ["", "60", "m", "1d", "-1s", "0s", "1.5h"] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn what_a_suite_leaves_goes_to_those_after_it() {
    let hour = Duration::from_secs(3600);
    assert_eq!(share(hour, 1, 4), Duration::from_secs(900));
    // The first took nothing, so three share the hour.
    assert_eq!(share(hour, 1, 3), Duration::from_secs(1200));
    assert_eq!(share(hour, 2, 2), hour);
}

#[test]
fn a_run_is_as_long_as_what_is_left_at_the_rate_that_was_measured() {
    let second = Duration::from_secs(1);
    assert_eq!(next_count(100, second, 10 * second, 10_000), Some(900));
    assert_eq!(next_count(100, second, 10 * second, 500), Some(500));
    // A tenth of what the first run tried is not worth another one.
    assert_eq!(next_count(100, 10 * second, second, 10_000), None);
    assert_eq!(next_count(100, second, Duration::ZERO, 10_000), None);
}
