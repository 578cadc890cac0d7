//! What counts as long.

use expect_test::expect;

use super::lengths;
use crate::finding::report;
use crate::tree::Tree;

const MANIFEST: (&str, &str) = ("a/one/Cargo.toml", "[package]\nname = \"a-one\"\n");

#[test]
fn a_long_function_is_found_but_not_in_tests() {
    let body = "    call();\n".repeat(70);
    let text = format!(
        "fn long() {{\n{body}}}\n\n#[cfg(test)]\nmod tests {{\nfn long_too() {{\n{body}}}\n}}\n"
    );
    let tree = Tree::of_pairs(&[MANIFEST, ("a/one/src/thing.rs", &text)]);
    expect![[r#"
        a/one/src/thing.rs:1: long has 72 lines; the limit is 70
    "#]]
    .assert_eq(&report(&lengths(&tree)));
}

#[test]
fn a_long_file_and_a_long_front_page_are_found() {
    let front = "//! Words.\n".repeat(80);
    let file = "//! Words.\n".repeat(501);
    let tree =
        Tree::of_pairs(&[MANIFEST, ("a/one/src/lib.rs", &front), ("a/one/src/thing.rs", &file)]);
    expect![[r#"
        a/one/src/lib.rs: a front page of 80 lines; the limit is 80
        a/one/src/thing.rs: a file of 501 lines; the limit is 500
        the project: a file at p90 of 501 lines; the limit is 350
    "#]]
    .assert_eq(&report(&lengths(&tree)));
}

#[test]
fn a_test_file_may_be_long() {
    let file = "//! Words.\n".repeat(900);
    let tree = Tree::of_pairs(&[
        MANIFEST,
        ("a/one/src/thing/tests.rs", &file),
        ("a/one/tests/all.rs", &file),
    ]);
    expect![""].assert_eq(&report(&lengths(&tree)));
}
