//! The rules of the house, each over the whole repository.

use std::path::Path;
use std::sync::LazyLock;

use tests_tidy::{Finding, Tree, report};

/// The repository, read once for all rules.
static TREE: LazyLock<Tree> = LazyLock::new(|| {
    let root = Path::new("../..");
    Tree::read(root).unwrap_or_else(|error| panic!("{error}"))
});

fn holds(rule: fn(&Tree) -> Vec<Finding>) {
    let findings = rule(&TREE);
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), report(&findings));
}

#[test]
fn arrows_between_crates_are_those_of_the_table() {
    holds(tests_tidy::arrows);
}

#[test]
fn heavy_libraries_and_delicate_calls_have_one_owner() {
    holds(tests_tidy::owners);
}

#[test]
fn files_functions_front_pages_and_crates_are_short() {
    holds(tests_tidy::lengths);
}

#[test]
fn files_say_what_they_are_for_and_public_items_are_documented() {
    holds(tests_tidy::documents);
}

#[test]
fn names_say_something() {
    holds(tests_tidy::names);
}

#[test]
fn banned_calls_are_absent() {
    holds(tests_tidy::bans);
}

#[test]
fn no_block_of_code_stands_twice() {
    holds(tests_tidy::repeats);
}

#[test]
fn no_source_file_is_forgotten() {
    holds(tests_tidy::reach);
}

#[test]
fn versions_and_lints_stand_at_the_root() {
    holds(tests_tidy::versions);
}

#[test]
fn the_text_speaks_of_the_software_alone() {
    holds(tests_tidy::words);
}

#[test]
fn tests_and_invariants_are_in_proportion() {
    holds(tests_tidy::proportions);
}
