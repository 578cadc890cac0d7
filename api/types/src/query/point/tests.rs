//! What names a point, and what does not.

use super::*;

/// 2024-01-01T00:00:00Z.
const NOW: UnixTime = UnixTime::from_nanos(1_704_067_200_000_000_000);

fn check(text: &str, expected: &str) {
    let shown = match PointName::parse(text, NOW) {
        Ok(PointName::Seq(seq)) => format!("record {seq}"),
        Ok(PointName::Time(time)) => time.to_string(),
        Err(error) => error.to_string(),
    };
    assert_eq!(shown, expected, "{text:?}");
}

#[test]
fn a_whole_number_is_a_record_and_the_rest_is_a_time() {
    check("1234", "record 1234");
    check("0", "record 0");
    check("2023-12-31T23:00:00Z", "1704063600.000000000");
    check("2024-01-01T01:00:00+02:00", "1704063600.000000000");
    check("10m", "1704066600.000000000");
    check("@1704063600", "1704063600.000000000");
    check("1704063600.5", "1704063600.500000000");
}

#[test]
fn anything_else_is_refused() {
    for text in ["", "@", "@x", "yesterday", "-", "99999999999999999999", "@10m"] {
        check(text, &format!("failed to parse value as time or duration: {text:?}"));
    }
}
