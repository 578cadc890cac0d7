//! As a docker daemon tells of the same files.

use super::*;

#[test]
fn kinds_and_permissions_are_gos() {
    for (mode, go) in [
        (0o100_644, 420),
        (0o040_755, 2_147_484_141),
        (0o104_755, 8_389_101),
        (0o120_777, 134_218_239),
        (0o041_777, 2_148_532_735),
        (0o010_644, 33_554_852),
        (0o020_644, 69_206_436),
        (0o060_600, (1 << 26) | 0o600),
        (0o140_600, (1 << 24) | 0o600),
        (0o102_755, (1 << 22) | 0o755),
    ] {
        assert_eq!(go_file_mode(mode), go, "{mode:o}");
    }
}

#[test]
fn the_header_is_json_in_base64() {
    let stat = ContainerPathStat {
        name: "f".to_owned(),
        size: 3,
        mode: go_file_mode(0o104_755),
        mtime: go_time(1_577_934_245, 0),
        link_target: String::new(),
    };
    let said = "eyJuYW1lIjoiZiIsInNpemUiOjMsIm1vZGUiOjgzODkxMDEsIm10aW1lIjoiMjAyMC0wMS0wMlQwMzowNDowNVoiLCJsaW5rVGFyZ2V0IjoiIn0=";
    assert_eq!(stat.to_header(), said);
}

#[test]
fn times_have_the_decimals_that_there_are() {
    assert_eq!(go_time(1_577_934_245, 500_000_000), "2020-01-02T03:04:05.5Z");
    assert_eq!(go_time(-1, 0), "1969-12-31T23:59:59Z");
    assert_eq!(go_time(i64::MAX, 0), jiff::Timestamp::MAX.to_string());
    assert_eq!(go_time(i64::MIN, 1), jiff::Timestamp::MIN.to_string());
}
