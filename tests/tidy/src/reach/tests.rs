//! Which files are reached.

use expect_test::expect;

use super::reach;
use crate::finding::report;
use crate::tree::Tree;

#[test]
fn a_file_that_no_module_names_is_found() {
    let tree = Tree::of_pairs(&[
        ("a/one/Cargo.toml", "[package]\nname = \"a-one\"\n"),
        (
            "a/one/src/lib.rs",
            "mod thing;\nmod inline { mod deep; }\n#[path = \"odd/name.rs\"]\nmod named;",
        ),
        ("a/one/src/thing.rs", "#[cfg(test)]\nmod tests;"),
        ("a/one/src/thing/tests.rs", ""),
        ("a/one/src/thing/forgotten.rs", ""),
        ("a/one/src/inline/deep.rs", ""),
        ("a/one/src/odd/name.rs", ""),
        ("a/one/tests/suite.rs", ""),
        ("a/one/tests/big/main.rs", "mod part;"),
        ("a/one/tests/big/part.rs", ""),
        ("a/one/tests/big/lost.rs", ""),
    ]);
    expect![[r#"
        a/one/src/thing/forgotten.rs: no `mod` leads here, so it is never built
        a/one/tests/big/lost.rs: no `mod` leads here, so it is never built
    "#]]
    .assert_eq(&report(&reach(&tree)));
}
