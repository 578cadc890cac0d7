//! What a test program says, and the table of bugs.

use std::collections::BTreeSet;

use expect_test::expect;

use super::*;

#[test]
fn a_failed_test_is_known_by_its_line() {
    assert_eq!(failed_test("test kill::a_b ... FAILED"), Some("kill::a_b"));
    assert_eq!(failed_test("test kill::a_b ... ok"), None);
    assert_eq!(failed_test("test result: FAILED. 1 passed; 2 failed"), None);
}

#[test]
fn there_are_at_least_twenty_five_bugs_each_in_the_sources_once_by_name() {
    let names: BTreeSet<&str> = BUGS.iter().map(|bug| bug.name).collect();
    assert!(names.len() >= 25 && names.len() == BUGS.len());
    let root = std::path::Path::new("../..");
    let mut planted = BTreeSet::new();
    for folder in ["journal", "projector", "backends", "sandbox", "api", "ops"] {
        names_below(&root.join(folder), &mut planted);
    }
    let listed: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(planted, listed);
}

/// Collects the names that sources give to `planted!`.
fn names_below(folder: &std::path::Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names_below(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            for after in text.split("planted!(").skip(1) {
                let name =
                    after.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
                found.extend(name.map(str::to_owned));
            }
        }
    }
}

#[test]
fn a_row_says_who_caught_it_or_that_nobody_did() {
    let caught = |is_caught, tests: &[&str]| Caught {
        bug: BUGS[0].name.to_owned(),
        by: BUGS[0].place.name().to_owned(),
        tests: tests.iter().map(|test| (*test).to_owned()).collect(),
        after_ms: 1250,
        status: "exit status: 101".to_owned(),
        is_caught,
    };
    let rows = [caught(true, &["a", "b"]), caught(true, &[]), caught(false, &[])].map(|caught| {
        let row = page::row(&caught);
        row.split('|').rev().nth(2).unwrap().trim().to_owned()
    });
    expect![[r#"
        journal-rocks: `a` and 1 more
        journal-rocks: exit status: 101
        **nobody**"#]]
    .assert_eq(&rows.join("\n"));
}
