//! The matrix is what the results say, and the committed one is of the committed results.

use std::path::Path;

use super::{cell, markdown, one_line, shown};
use crate::acceptance::Feature;
use crate::results::{Results, TestResult, Word};

fn results(endpoint: &str, tests: &[(&str, Word)]) -> Results {
    let mut results = Results {
        endpoint: endpoint.into(),
        version: "1".into(),
        api_version: "1.41".into(),
        kernel: "6.1".into(),
        date: "2026-01-02".into(),
        rows: Default::default(),
    };
    for (test, result) in tests {
        let reason = (*result != Word::Pass).then(|| "because\nof more".to_owned());
        results.add(TestResult {
            test: (*test).into(),
            result: *result,
            reason,
            duration_ms: None,
        });
    }
    results
}

#[test]
fn a_row_without_a_test_is_open() {
    let all = [results("here", &[("d_001_a", Word::Pass)]), results("there", &[])];
    assert_eq!(shown("D-001", &all[0], &all), "pass");
    assert_eq!(shown("D-001", &all[1], &all), "not asked");
    assert_eq!(shown("D-002", &all[0], &all), "no test yet");
    let text = markdown(&all).expect("a matrix");
    assert!(text.contains("| D-001 | ping | pass (1) | not asked |"), "{text}");
    assert!(text.contains("| D-002 | version negotiation | no test yet | no test yet |"), "{text}");
}

#[test]
fn a_failure_is_counted_and_told() {
    let all = [results("here", &[("d_001_a", Word::Pass), ("d_001_b", Word::Fail)])];
    let feature = Feature { id: "D-001".into(), title: "ping".into() };
    assert_eq!(cell(&feature, &all[0], &all), "**fail** (1 of 2)");
    let text = markdown(&all).expect("a matrix");
    assert!(text.contains("- `d_001_b`: fail: because\n"), "{text}");
}

#[test]
fn a_long_reason_is_cut_between_letters() {
    assert_eq!(one_line(&"é".repeat(500)).chars().count(), 161);
    assert_eq!(one_line("short\nmore"), "short");
}

#[test]
fn the_committed_matrix_is_of_the_committed_results() {
    let all =
        crate::results::committed(Path::new("results")).expect("the committed results can be read");
    assert!(!all.is_empty(), "there are no results");
    let wanted = markdown(&all).expect("a matrix");
    let found = std::fs::read_to_string("MATRIX.md").expect("there is a matrix");
    assert!(found == wanted, "MATRIX.md is not of results/; run `make matrix`");
}
