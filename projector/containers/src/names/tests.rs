//! Names that are made up: how many tries one takes.

use std::collections::HashSet;

use super::of;

/// A drawing that is the same each time: the finalizer of SplitMix64.
fn drawn(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[test]
fn few_names_are_tried_however_many_are_taken() {
    let mut taken = HashSet::new();
    let mut tried = 0;
    for number in 1..=200_000 {
        let (at, name) = of(drawn(number), taken.len())
            .enumerate()
            .find(|(_, name)| !taken.contains(name))
            .unwrap();
        tried += at + 1;
        taken.insert(name);
    }
    assert!(tried < 300_000, "{tried} names tried for 200,000 containers");
}

#[test]
fn one_seed_has_names_without_end() {
    let names: HashSet<String> = of(7, 0).take(1000).map(|name| name.to_string()).collect();
    assert!(names.len() > 980, "{} different names", names.len());
    assert_eq!(
        of(7, 0).next().unwrap().to_string().chars().filter(char::is_ascii_digit).count(),
        0
    );
}
