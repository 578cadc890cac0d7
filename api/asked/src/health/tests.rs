//! What is taken, and what is refused.

use super::*;

#[test]
fn a_check_comes_back_as_it_was_sent() {
    let asked = HealthConfig {
        test: vec!["CMD-SHELL".into(), "true".into()],
        interval: 1_000_000_000,
        timeout: 2_000_000,
        start_period: 3_000_000_000,
        start_interval: 4_000_000_000,
        retries: 5,
    };
    let read = health_check(Some(&asked)).unwrap().unwrap();
    assert_eq!(show_check(&read), asked);
    assert_eq!(health_check(Some(&HealthConfig::default())).unwrap(), None);
    assert_eq!(health_check(None).unwrap(), None);
}

#[test]
fn times_that_are_too_short_and_negative_counts_are_refused() {
    for (asked, words) in [
        (
            HealthConfig { interval: 1, ..HealthConfig::default() },
            "Interval in Healthcheck cannot be less than 1ms",
        ),
        (
            HealthConfig { timeout: -1, ..HealthConfig::default() },
            "Timeout in Healthcheck cannot be less than 1ms",
        ),
        (
            HealthConfig { start_period: 5, ..HealthConfig::default() },
            "StartPeriod in Healthcheck cannot",
        ),
        (
            HealthConfig { retries: -1, ..HealthConfig::default() },
            "Retries in Healthcheck cannot be negative",
        ),
    ] {
        let error = health_check(Some(&asked)).unwrap_err();
        let Unfit::Invalid(reason) = &error else { panic!("{error:?}") };
        assert!(reason.starts_with(words), "{reason}");
    }
}
