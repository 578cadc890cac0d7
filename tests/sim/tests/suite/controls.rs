//! Negative controls: with a mistake made on purpose, the checker that is there for it is red.

use tests_sim::{Options, Sabotage, run_episode};

use crate::seeded::short;

/// Seeds that a mistake may hide from.
const SEEDS: u64 = 8;

#[test]
fn every_mistake_is_found_by_its_checker() {
    for (sabotage, checker) in Sabotage::ALL {
        let found = (1..=SEEDS).find_map(|seed| {
            let options = Options { seed, sabotage: *sabotage, ..short() };
            run_episode(&options).err()
        });
        let found = found.unwrap_or_else(|| panic!("{sabotage:?} stays unseen"));
        assert_eq!(found.violation.checker, *checker, "{sabotage:?}: {}", found.violation);
        assert!(found.to_string().contains("--episode"), "{found}");
    }
}
