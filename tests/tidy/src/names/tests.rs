//! Names that are found.

use expect_test::expect;

use super::names;
use crate::finding::report;
use crate::tree::Tree;

#[test]
fn empty_names_and_strange_packages_are_found() {
    let tree = Tree::of_pairs(&[
        ("a/one/Cargo.toml", "[package]\nname = \"a-two\"\n"),
        ("a/one/src/lib.rs", "mod common { }\nmod fine { }"),
        ("a/one/src/net/mod.rs", ""),
        ("a/one/src/utils.rs", ""),
    ]);
    expect![[r#"
        a/one/Cargo.toml: the package is called a-two, which is not its path
        a/one/src/lib.rs:1: the module name common says nothing
        a/one/src/net/mod.rs: the name mod says nothing
        a/one/src/utils.rs: the name utils says nothing
    "#]]
    .assert_eq(&report(&names(&tree)));
}
