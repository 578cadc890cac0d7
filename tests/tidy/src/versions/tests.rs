//! What a manifest may say by itself.

use expect_test::expect;

use super::versions;
use crate::finding::report;
use crate::tree::Tree;

#[test]
fn own_versions_unlisted_members_and_unused_versions_are_found() {
    let tree = Tree::of_pairs(&[
        (
            "Cargo.toml",
            "[workspace]\nmembers = [\"a/one\"]\n[workspace.dependencies]\nserde = \"1\"\nidle = \"1\"\n",
        ),
        (
            "a/one/Cargo.toml",
            "[package]\nname = \"a-one\"\nversion.workspace = true\nedition.workspace = true\nrust-version.workspace = true\nlicense.workspace = true\npublish.workspace = true\n[dependencies]\nserde.workspace = true\n[lints]\nworkspace = true\n",
        ),
        (
            "a/two/Cargo.toml",
            "[package]\nname = \"a-two\"\nversion = \"1.0.0\"\nedition.workspace = true\nrust-version.workspace = true\nlicense.workspace = true\npublish.workspace = true\n[dependencies]\nserde = \"1\"\n",
        ),
    ]);
    expect![[r#"
        Cargo.toml: a/two is no member
        Cargo.toml: nobody uses idle
        a/two/Cargo.toml: lints are not taken from the root
        a/two/Cargo.toml: the version of serde is not the root's
        a/two/Cargo.toml: version is not taken from the root
    "#]]
    .assert_eq(&report(&versions(&tree)));
}
