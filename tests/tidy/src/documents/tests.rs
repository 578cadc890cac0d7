//! What counts as documented.

use expect_test::expect;

use super::documents;
use crate::finding::report;
use crate::tree::Tree;

#[test]
fn a_file_without_purpose_is_found() {
    let tree = Tree::of_pairs(&[
        ("a/one/Cargo.toml", "[package]\nname = \"a-one\"\n"),
        ("a/one/src/lib.rs", "mod thing;"),
    ]);
    expect![[r#"
        a/one/src/lib.rs: does not begin with `//!` and its purpose
    "#]]
    .assert_eq(&report(&documents(&tree)));
}

#[test]
fn bare_public_items_are_named() {
    let tree = Tree::of_pairs(&[
        ("a/one/Cargo.toml", "[package]\nname = \"a-one\"\n"),
        (
            "a/one/src/lib.rs",
            "//! One.\n/// Says.\npub struct Said;\npub fn bare() {}\npub(crate) fn inner() {}\n",
        ),
    ]);
    expect![[r#"
        a/one: 1 of 2 public items are documented, 80% are wanted; not: bare
    "#]]
    .assert_eq(&report(&documents(&tree)));
}
