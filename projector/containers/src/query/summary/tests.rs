//! Durations in Docker's words.

use std::time::Duration;

use super::human_duration;

#[test]
fn durations_read_as_dockers_do() {
    let table = [
        (0, "Less than a second"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "About a minute"),
        (119, "About a minute"),
        (120, "2 minutes"),
        (59 * 60, "59 minutes"),
        (3600, "About an hour"),
        (2 * 3600, "2 hours"),
        (47 * 3600, "47 hours"),
        (48 * 3600, "2 days"),
        (13 * 86_400, "13 days"),
        (14 * 86_400, "2 weeks"),
        (59 * 86_400, "8 weeks"),
        (60 * 86_400, "2 months"),
        (729 * 86_400, "24 months"),
        (730 * 86_400, "2 years"),
    ];
    for (seconds, text) in table {
        assert_eq!(human_duration(Duration::from_secs(seconds)), text, "{seconds} s");
    }
}
