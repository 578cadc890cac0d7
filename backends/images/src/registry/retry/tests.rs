//! Pauses and what registries ask for.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header::RETRY_AFTER};
use jiff::Timestamp;

use super::{ATTEMPTS_MAX, Pauses, retry_after};

#[test]
fn pauses_grow_and_end() {
    let pauses = Pauses { first: Duration::from_secs(1) };
    let all: Vec<_> = (1..=ATTEMPTS_MAX).map(|failures| pauses.after(failures, None)).collect();
    let seconds: Vec<_> = all.iter().map(|pause| pause.map(|pause| pause.as_secs())).collect();
    assert_eq!(seconds, [Some(1), Some(2), Some(4), Some(8), None]);
    let asked = |seconds| pauses.after(1, Some(Duration::from_secs(seconds)));
    assert_eq!(asked(30), Some(Duration::from_secs(30)));
    assert_eq!(asked(3600), None);
}

#[test]
fn a_registry_asks_for_seconds_or_names_a_date() {
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    for (text, expected) in [
        ("5", Some(5)),
        ("Thu, 01 Jan 2026 00:00:07 GMT", Some(7)),
        ("Wed, 31 Dec 2025 00:00:00 GMT", Some(0)),
        ("soon", None),
        ("-3", None),
    ] {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
        assert_eq!(retry_after(&headers, now).map(|wait| wait.as_secs()), expected, "{text}");
    }
}
