//! Patterns and what they match.

use super::*;

fn check(pattern: &str, matching: &[&str], others: &[&str]) {
    let pattern = ReferencePattern::parse(pattern).unwrap();
    for name in matching {
        assert!(pattern.matches(name), "{pattern:?} should match {name}");
    }
    for name in others {
        assert!(!pattern.matches(name), "{pattern:?} should not match {name}");
    }
}

#[test]
fn a_plain_name_matches_with_any_tag() {
    check("busybox", &["busybox:latest", "busybox:1"], &["busybox2:latest", "team/busybox:latest"]);
    check("busybox:1", &["busybox:1"], &["busybox:latest"]);
    check("localhost:5000/app", &["localhost:5000/app:v1"], &["localhost:5000/app2:v1"]);
}

#[test]
fn a_star_stays_within_its_part() {
    check("*", &["busybox:latest"], &["team/app:v1"]);
    check("team/*", &["team/app:v1"], &["team/sub/app:v1", "app:v1"]);
    check("*:latest", &["busybox:latest"], &["busybox:1"]);
    check("b?x", &["box:latest"], &["boox:latest"]);
}

#[test]
fn classes_and_escapes_mean_what_they_mean_in_go() {
    check("app[0-9]", &["app7:v1"], &["appx:v1"]);
    check("app[^0-9]", &["appx:v1"], &["app7:v1"]);
    check("app.x", &["app.x:v1"], &["appyx:v1"]);
    check("app\\*", &[], &["appx:v1"]);
    assert!(ReferencePattern::parse("app[").is_err());
    assert!(ReferencePattern::parse("app\\").is_err());
}
