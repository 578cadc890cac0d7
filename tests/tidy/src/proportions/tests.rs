//! The proportions that are wanted.

use expect_test::expect;

use super::proportions;
use crate::finding::report;
use crate::tree::Tree;

#[test]
fn code_without_tests_and_with_many_expects_is_found() {
    let code = "fn f() { x.expect(\"always\"); }\n".repeat(100);
    let tree = Tree::of_pairs(&[
        ("a/one/Cargo.toml", "[package]\nname = \"a-one\"\n"),
        ("a/one/src/thing.rs", &code),
        ("a/one/tests/all.rs", "#[test]\nfn works() {}\n"),
    ]);
    expect![[r#"
        the project: 1 tests for 100 lines of code; 15 a thousand are wanted
        the project: 100 expects in 100 lines of code; 3 a thousand are the limit
    "#]]
    .assert_eq(&report(&proportions(&tree)));
}
