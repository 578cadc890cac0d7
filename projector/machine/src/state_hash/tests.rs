//! Tests of state hashes.

use super::StateHasher;

fn hash(make: impl FnOnce(&mut StateHasher)) -> [u8; 32] {
    let mut hasher = StateHasher::new();
    make(&mut hasher);
    hasher.finish()
}

#[test]
fn the_order_inside_a_hash_map_does_not_matter() {
    let one = hash(|it| it.unordered("names", [("a", 1), ("b", 2)]).unwrap());
    let other = hash(|it| it.unordered("names", [("b", 2), ("a", 1)]).unwrap());
    assert_eq!(one, other);
}

#[test]
fn the_order_of_a_list_matters() {
    let one = hash(|it| it.ordered("names", ["a", "b"]).unwrap());
    let other = hash(|it| it.ordered("names", ["b", "a"]).unwrap());
    assert_ne!(one, other);
}

#[test]
fn an_entry_in_another_part_is_another_state() {
    let one = hash(|it| {
        it.ordered("left", ["a"]).unwrap();
        it.ordered("right", [""; 0]).unwrap();
    });
    let other = hash(|it| {
        it.ordered("left", [""; 0]).unwrap();
        it.ordered("right", ["a"]).unwrap();
    });
    assert_ne!(one, other);
}

#[test]
fn an_entry_over_the_limit_is_an_error() {
    let entry = vec![0_u8; journal_log::BODY_BYTES_MAX + 1];
    assert!(StateHasher::new().value("entry", &entry).is_err());
}
