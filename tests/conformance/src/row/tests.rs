//! The list of rows.

use std::collections::BTreeSet;

use super::Oracle;
use crate::rows::all;

#[test]
fn every_name_begins_with_the_id_of_its_row_and_stands_once() {
    let mut seen = BTreeSet::new();
    for row in all() {
        let mut parts = row.name.split('_');
        let (chapter, number) = (parts.next().unwrap(), parts.next().unwrap());
        assert!(["d", "w", "j"].contains(&chapter), "{}", row.name);
        assert!(number.len() == 3 && number.parse::<u32>().is_ok(), "{}", row.name);
        assert!(seen.insert(row.name), "{} stands twice", row.name);
    }
}

#[test]
fn an_oracle_is_silent_below_the_version_that_knows_the_row() {
    assert_eq!(Oracle::Passes.silent_because((1, 24)), None);
    assert_eq!(Oracle::KnowsFrom(1, 42).silent_because((1, 42)), None);
    assert!(Oracle::KnowsFrom(1, 42).silent_because((1, 41)).is_some());
    assert!(Oracle::Differs("on purpose").silent_because((1, 99)).is_some());
}
