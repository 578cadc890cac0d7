//! Verdicts over figures.

use std::time::Duration;

use expect_test::{Expect, expect};

use super::GOALS;
use crate::figure::{Figure, Spread, Unit};
use crate::subject::Kind;

fn check(what: &'static str, figures: &[Figure], expected: Expect) {
    let verdicts = GOALS.iter().filter(|goal| goal.what == what);
    let lines: String = verdicts
        .filter_map(|goal| goal.verdict(figures))
        .map(|(words, met)| format!("{words}: {met}\n"))
        .collect();
    expected.assert_eq(&lines);
}

#[test]
fn a_rate_is_compared_with_the_peer_of_the_same_run() {
    let what = "durable create, 16 clients";
    let mut ours = Figure::plain(what, Kind::Sockerless, 6000.0, Unit::PerSecond);
    let p50 = Duration::from_millis(2);
    ours.spread = Some(Spread { p50, p99: Duration::from_millis(11) });
    ours.cpu = Some(Duration::from_micros(90));
    let peer = Figure::plain(what, Kind::Dockerd, 250.0, Unit::PerSecond);
    check(
        what,
        &[ours, peer],
        expect![[r#"
            24.00 × dockerd, wanted 20 ×: true
            p99 11.00 ms, wanted under 10 ms: false
            90 µs of CPU, wanted under 120 µs: true
        "#]],
    );
}

#[test]
fn a_network_is_compared_with_a_pair_of_interfaces() {
    let what = "TCP between two containers";
    let ours = Figure::plain(what, Kind::Sockerless, 95.0, Unit::MegabytesPerSecond);
    let bare = Figure { what: "TCP over a bare veth pair", subject: None, ..ours.clone() };
    let bare = Figure { value: Some(100.0), ..bare };
    check(
        what,
        &[ours, bare],
        expect![[r#"
            0.95 × TCP over a bare veth pair, wanted 0.9 ×: true
        "#]],
    );
}

#[test]
fn without_a_figure_there_is_no_verdict() {
    let what = "list of 500, 4 clients";
    let ours = Figure::plain(what, Kind::Sockerless, 1000.0, Unit::PerSecond);
    check(what, &[ours], expect![""]);
}

#[test]
fn limits_are_compared_as_they_are() {
    let run = Figure::plain(
        "docker run --rm busybox echo hi",
        Kind::Sockerless,
        44.0,
        Unit::Milliseconds,
    );
    check(
        "docker run --rm busybox echo hi",
        &[run],
        expect![[r#"
            44.00 ms, wanted under 45 ms: true
        "#]],
    );
    let replay = Figure::plain("verified replay", Kind::Sockerless, 400_000.0, Unit::PerSecond);
    check(
        "verified replay",
        &[replay],
        expect![[r#"
            400000 /s, wanted 500000 /s: false
        "#]],
    );
}
