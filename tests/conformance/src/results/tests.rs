//! What a file of results keeps and shows.

use super::{Results, TestResult, Word};

fn empty() -> Results {
    Results {
        endpoint: "here".into(),
        version: "1".into(),
        api_version: "1.47".into(),
        kernel: "6.1".into(),
        date: "2026-01-02".into(),
        rows: Default::default(),
    }
}

fn result(test: &str, result: Word) -> TestResult {
    TestResult { test: test.into(), result, reason: None, duration_ms: Some(3) }
}

#[test]
fn a_row_shows_the_worst_of_its_tests() {
    let mut results = empty();
    results.add(result("d_001_a", Word::Pass));
    results.add(result("d_001_b", Word::NotAsked));
    assert_eq!(results.word("D-001"), Some(Word::Pass));
    results.add(result("d_001_c", Word::Unsupported));
    assert_eq!(results.word("D-001"), Some(Word::Unsupported));
    results.add(result("d_001_d", Word::Fail));
    assert_eq!(results.word("D-001"), Some(Word::Fail));
    assert_eq!(results.word("D-002"), None);
}

#[test]
fn a_test_that_runs_again_has_its_last_result() {
    let mut results = empty();
    results.add(result("d_001_a", Word::Fail));
    results.add(result("d_001_a", Word::Pass));
    assert_eq!(results.rows["D-001"], [result("d_001_a", Word::Pass)]);
}

#[test]
fn what_a_suite_prints_is_taken_up() {
    let mut results = empty();
    let text = "running 3 tests\ntest listeners::d_007_a_socket ... ok\n\
                test journal::j_001_records ... ok\ntest leftovers::w_010_runs ... FAILED\n\
                test result: FAILED. 2 passed; 1 failed\n";
    results.add_printed(text);
    assert_eq!(results.word("D-007"), Some(Word::Pass));
    assert_eq!(results.word("W-010"), Some(Word::Fail));
    assert_eq!(results.rows.len(), 2);
}

#[test]
fn a_file_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep/here.json");
    let mut results = empty();
    results.add(result("d_001_a", Word::NotAsked));
    results.write(&path).expect("written");
    assert_eq!(Results::read(&path).expect("read"), results);
}
