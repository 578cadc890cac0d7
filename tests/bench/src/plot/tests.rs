//! The bars of a picture.

use super::svg;
use crate::figure::{Figure, Unit};
use crate::subject::Kind;

#[test]
fn the_largest_has_the_longest_bar_and_each_thing_its_own_scale() {
    let figures = [
        Figure::plain("one", Kind::Sockerless, 200.0, Unit::PerSecond),
        Figure::plain("one", Kind::Dockerd, 50.0, Unit::PerSecond),
        Figure::plain("other", Kind::Dockerd, 3.0, Unit::Milliseconds),
    ];
    let text = svg(&figures);
    assert_eq!(text.matches("width=\"440.0\"").count(), 2);
    assert_eq!(text.matches("width=\"110.0\"").count(), 1);
    assert!(text.contains(">200 /s<") && text.contains(">3.00 ms<"), "{text}");
}

#[test]
fn what_is_not_supported_has_no_bar() {
    let why = "not built".to_owned();
    let text = svg(&[Figure::unsupported("a < b", Kind::Sockerless, Unit::PerSecond, why)]);
    assert!(text.contains(">unsupported<") && text.contains("a &lt; b"), "{text}");
    assert_eq!(text.matches("<rect").count(), 1);
}
