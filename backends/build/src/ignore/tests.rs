//! `.dockerignore` as Docker reads it.

use super::{Ignore, IgnoreError};

fn check(text: &str, excluded: &[&str], kept: &[&str]) {
    let ignore = Ignore::parse(text).unwrap();
    for path in excluded {
        assert!(ignore.excludes(path), "{text:?} leaves {path} out");
    }
    for path in kept {
        assert!(!ignore.excludes(path), "{text:?} keeps {path}");
    }
}

#[test]
fn a_line_is_for_a_whole_path_and_all_below_it() {
    check("a\n/b/c\n./d/\n", &["a", "a/x/y", "b/c", "d", "d/e"], &["x/a", "b", "b/d", "ab"]);
    check("*.md", &["a.md"], &["x/a.md", "a.txt"]);
    check("*/temp*", &["x/temp", "x/tempdir/a"], &["temp", "x/y/temp"]);
    check("temp?", &["tempa"], &["temp", "tempab"]);
}

#[test]
fn two_stars_are_any_number_of_folders() {
    check("**/*.go", &["a.go", "x/y/a.go"], &["a.goo"]);
    check("a/**/z", &["a/z", "a/b/c/z"], &["b/z", "z"]);
    check("**", &["a", "a/b"], &[]);
    check("a/**", &["a/b", "a/b/c"], &["b"]);
}

#[test]
fn the_last_line_that_matches_counts() {
    check("*.md\n!README.md", &["a.md"], &["README.md"]);
    check("*.md\n!README*.md\nREADME-secret.md", &["README-secret.md"], &["README-1.md"]);
    check("dir\n!dir/keep", &["dir/x"], &["dir/keep", "dir/keep/below"]);
    check("!a\na", &["a"], &[]);
}

#[test]
fn comments_blanks_and_dots_are_passed_over() {
    check("\u{feff}# a\n\n  b  \n.\n/\n", &["b"], &["a", "# a"]);
    check("a/../b", &["b"], &["a"]);
}

#[test]
fn what_is_no_pattern_is_named_and_too_much_is_refused() {
    assert_eq!(Ignore::parse("a\n[").unwrap_err(), IgnoreError::Pattern("[".to_owned()));
    assert_eq!(Ignore::parse(&"a\n".repeat(10_001)), Err(IgnoreError::TooMany));
}
