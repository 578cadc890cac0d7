//! Tests of the text form.

use std::time::Duration;

use super::Timestamp;

#[test]
fn a_timestamp_is_shown_with_nine_digits_and_read_back() {
    for (nanos, text) in [
        (0, "1970-01-01T00:00:00.000000000Z"),
        (1_700_000_000_000_000_001, "2023-11-14T22:13:20.000000001Z"),
        (u64::MAX, "2554-07-21T23:34:33.709551615Z"),
    ] {
        let time = Timestamp::from_unix_nanos(nanos);
        assert_eq!(time.to_string(), text);
        assert_eq!(text.parse(), Ok(time));
    }
    assert_eq!("1970-01-01T01:00:01+01:00".parse(), Ok(Timestamp::from_unix_nanos(1_000_000_000)));
    assert!("1969-12-31T23:59:59Z".parse::<Timestamp>().is_err());
    assert!("yesterday".parse::<Timestamp>().is_err());
}

#[test]
fn arithmetic_stays_within_what_can_be_expressed() {
    let last = Timestamp::from_unix_nanos(u64::MAX);
    assert_eq!(last.saturating_add(Duration::MAX), last);
    assert_eq!(last.saturating_sub(Duration::MAX), Timestamp::ZERO);
    assert_eq!(Timestamp::ZERO.saturating_since(last), Duration::ZERO);
    assert_eq!(
        Timestamp::ZERO.saturating_add(Duration::from_secs(2)).saturating_since(Timestamp::ZERO),
        Duration::from_secs(2)
    );
}
