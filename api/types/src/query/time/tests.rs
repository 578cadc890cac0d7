//! Points in time in all their spellings.

use super::UnixTime;

const NOW: UnixTime = UnixTime::from_nanos(1_700_000_000_000_000_000);

fn parse(text: &str) -> Option<String> {
    UnixTime::parse(text, NOW).ok().map(|point| point.to_string())
}

#[test]
fn seconds_since_the_epoch_may_have_a_fraction() {
    assert_eq!(parse("1136073600").unwrap(), "1136073600.000000000");
    assert_eq!(parse("1136073600.5").unwrap(), "1136073600.500000000");
    assert_eq!(parse("1136073600.000000001").unwrap(), "1136073600.000000001");
    assert_eq!(parse("1136073600.0000000019").unwrap(), "1136073600.000000001");
    assert_eq!(parse("0").unwrap(), "0.000000000");
    assert_eq!(parse("-1").unwrap(), "-1.000000000");
}

#[test]
fn durations_are_counted_back_from_now() {
    let cases = [
        ("10s", 10_000_000_000),
        ("1h30m", 5_400_000_000_000),
        ("1.5h", 5_400_000_000_000),
        ("100ms", 100_000_000),
        ("2us3ns", 2_003),
        ("2µs", 2_000),
        ("+1s", 1_000_000_000),
        ("-1s", -1_000_000_000),
        (".5s", 500_000_000),
    ];
    for (text, nanos) in cases {
        let point = UnixTime::parse(text, NOW).unwrap();
        assert_eq!(point, UnixTime::from_nanos(NOW.0 - nanos), "{text}");
    }
}

#[test]
fn dates_may_lack_their_zone_and_their_end() {
    let cases = [
        "2006-01-02T15:04:05Z",
        "2006-01-02T15:04:05.000000000Z",
        "2006-01-02T16:04:05+01:00",
        "2006-01-02T15:04:05",
    ];
    for text in cases {
        assert_eq!(parse(text).unwrap(), "1136214245.000000000", "{text}");
    }
    assert_eq!(parse("2006-01-02T15:04").unwrap(), "1136214240.000000000");
    assert_eq!(parse("2006-01-02").unwrap(), "1136160000.000000000");
    assert_eq!(parse("2006-01-02Z").unwrap(), "1136160000.000000000");
    assert_eq!(parse("2006-01-02T15:04:05.123456789Z").unwrap(), "1136214245.123456789");
}

#[test]
fn what_is_no_time_is_refused() {
    for text in [
        "",
        "x",
        "1x",
        "1.5.5s",
        ".s",
        "s",
        "--1s",
        "2006-13-01",
        "2006-01-02T25:00",
        "1e9",
        "1.x",
        "9999999999999h",
    ] {
        let error = UnixTime::parse(text, NOW).unwrap_err().to_string();
        assert_eq!(error, format!("failed to parse value as time or duration: {text:?}"));
    }
}

#[test]
fn points_outside_of_64_bits_of_nanoseconds_are_cut() {
    assert_eq!(UnixTime::parse("-5", NOW).unwrap().saturating_nanos(), 0);
    assert_eq!(UnixTime::parse("9223372036854775807", NOW).unwrap().saturating_nanos(), u64::MAX);
    assert_eq!(UnixTime::parse("1", NOW).unwrap().saturating_nanos(), 1_000_000_000);
}
