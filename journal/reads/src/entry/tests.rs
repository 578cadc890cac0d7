//! The bytes of a frame are those of the first release.

use journal_log::{Seq, Timestamp};

use super::{Access, Entry, LeftOut, frame, read_frame};

fn entries() -> Vec<Entry> {
    let at = Timestamp::from_unix_nanos(1_767_225_600_123_456_789);
    vec![
        Entry::Access(Access {
            at,
            caller: "uid:0".into(),
            source: "unix:/run/sockerless.sock".into(),
            agent: "docker/28".into(),
            method: "GET".into(),
            route: "/containers/{id}/json".into(),
            path: "/v1.47/containers/web/json".into(),
            query: Some("size=1".into()),
            status: 200,
            as_of: Some(Seq::new(7)),
            took_micros: 21,
        }),
        Entry::LeftOut(LeftOut { from: Timestamp::ZERO, to: at, count: 9 }),
    ]
}

/// The bytes of the first release: they are read for ever.
const GOLDEN: &[u8] = include_bytes!("golden.frame");

#[test]
fn the_bytes_of_a_frame_are_the_released_ones() {
    assert_eq!(frame(&entries()).unwrap(), GOLDEN);
    assert_eq!(read_frame(GOLDEN), Some((entries(), GOLDEN.len())));
}

#[test]
fn a_frame_that_is_cut_or_changed_is_none() {
    for length in 0..GOLDEN.len() {
        assert_eq!(read_frame(&GOLDEN[..length]), None);
    }
    for at in 0..GOLDEN.len() {
        let mut changed = GOLDEN.to_vec();
        changed[at] ^= 1;
        assert_eq!(read_frame(&changed), None, "byte {at}");
    }
}

#[test]
fn entries_read_as_lines() {
    let lines: Vec<String> = entries().iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "2026-01-01T00:00:00.123456789Z uid:0 GET /v1.47/containers/web/json?size=1 200 as of 7 in 21 us",
            "2026-01-01T00:00:00.123456789Z 9 calls since 1970-01-01T00:00:00.000000000Z are left out",
        ]
    );
}
