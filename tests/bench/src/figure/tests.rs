//! Spreads of samples.

use std::time::Duration;

use super::Spread;

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
