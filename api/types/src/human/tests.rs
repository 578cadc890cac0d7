//! The words for durations and sizes.

use std::time::Duration;

use super::{human_bytes, human_duration};

#[test]
fn durations_are_said_in_one_rounded_unit() {
    let cases = [
        (0, "Less than a second"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "About a minute"),
        (119, "About a minute"),
        (3_599, "59 minutes"),
        (3_600, "About an hour"),
        (5_399, "About an hour"),
        (5_400, "2 hours"),
        (47 * 3_600, "47 hours"),
        (48 * 3_600, "2 days"),
        (14 * 86_400, "2 weeks"),
        (60 * 86_400, "2 months"),
        (730 * 86_400, "2 years"),
    ];
    for (seconds, words) in cases {
        assert_eq!(human_duration(Duration::from_secs(seconds)), words, "{seconds} s");
    }
}

#[test]
fn sizes_have_four_digits_at_most() {
    assert_eq!(human_bytes(0), "0B");
    assert_eq!(human_bytes(736), "736B");
    assert_eq!(human_bytes(245_760), "245.8kB");
    assert_eq!(human_bytes(25_280_000_000), "25.28GB");
}
