//! A suite's part of the budget.

use std::collections::BTreeMap;

use super::{SHORT_PARTS, SUITES};
use crate::figure::Figures;

fn tried(suite: &str, tried: u64) -> Figures {
    Figures { suite: suite.to_owned(), seeds: Vec::new(), tried, lost: 0, counts: BTreeMap::new() }
}

#[test]
fn a_suite_has_a_larger_part_while_one_of_its_goals_is_not_reached() {
    let damage = SUITES.iter().find(|suite| suite.name == "damage").unwrap();
    let flips = tried("damage-flips", 100_000);
    let short = [flips.clone(), tried("damage-truncations", 9_999)];
    let reached = [flips, tried("damage-truncations", 10_000)];
    assert_eq!(damage.part_after(&[]), damage.part * SHORT_PARTS);
    assert_eq!(damage.part_after(&short), damage.part * SHORT_PARTS);
    assert_eq!(damage.part_after(&reached), damage.part);
}

#[test]
fn a_suite_without_goals_keeps_its_part() {
    let fuzz = SUITES.iter().find(|suite| suite.goals.is_empty()).unwrap();
    assert_eq!(fuzz.part_after(&[]), fuzz.part);
}
