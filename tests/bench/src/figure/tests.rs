//! Spreads of samples.

use std::time::Duration;

use super::{Figure, Spread, Unit};
use crate::subject::Kind;

#[test]
fn the_spread_of_a_hundred_samples_is_their_middle_and_their_last() {
    let mut samples: Vec<Duration> = (1..=100).rev().map(Duration::from_millis).collect();
    let spread = Spread::of(&mut samples).unwrap();
    assert_eq!((spread.p50.as_millis(), spread.p99.as_millis()), (51, 100));
}

#[test]
fn one_sample_is_its_own_spread_and_none_has_none() {
    let one = Duration::from_millis(7);
    assert_eq!(Spread::of(&mut [one]), Some(Spread { p50: one, p99: one }));
    assert_eq!(Spread::of(&mut []), None);
}

#[test]
fn of_several_rounds_the_median_of_each_subject_counts_in_the_order_of_the_first() {
    let figure = |what, kind, value| Figure::plain(what, kind, value, Unit::MegabytesPerSecond);
    let rounds = [(1.0, 40.0), (9.0, 20.0), (3.0, 30.0)];
    let figures = rounds.into_iter().flat_map(|(ours, theirs)| {
        [figure("load", Kind::Sockerless, ours), figure("load", Kind::Dockerd, theirs)]
    });
    let medians = Figure::medians(figures.collect());
    let shown: Vec<_> = medians.iter().map(|figure| (figure.subject, figure.value)).collect();
    let expected = [(Some(Kind::Sockerless), Some(3.0)), (Some(Kind::Dockerd), Some(30.0))];
    assert_eq!(shown, expected);
}
