//! What is banned, and where it may stand all the same.

use expect_test::{Expect, expect};

use super::bans;
use crate::finding::report;
use crate::tree::Tree;

fn check(package: &str, files: &[(&str, &str)], expected: Expect) {
    let folder = package.replacen('-', "/", 1);
    let mut texts =
        vec![(format!("{folder}/Cargo.toml"), format!("[package]\nname = \"{package}\"\n"))];
    texts.extend(
        files.iter().map(|(local, text)| (format!("{folder}/{local}"), (*text).to_owned())),
    );
    expected.assert_eq(&report(&bans(&Tree::of(texts.into_iter().collect()).unwrap())));
}

#[test]
fn unwrap_is_found_in_macros_and_not_in_words_or_tests() {
    check(
        "a-one",
        &[(
            "src/lib.rs",
            "fn f() { info!(\"{}\", x.unwrap()); }\n// .unwrap()\nconst S: &str = \".unwrap()\";\n#[cfg(test)]\nmod tests { fn f() { x.unwrap(); } }",
        )],
        expect![[r#"
            a/one/src/lib.rs:1: unwrap: name the invariant with `expect`, or return the error
        "#]],
    );
}

#[test]
fn allow_attributes_and_glob_exports_are_found() {
    check(
        "a-one",
        &[("src/lib.rs", "#![allow(dead_code)]\npub use thing::*;\n#[allow(unused)]\nfn f() {}")],
        expect![[r##"
            a/one/src/lib.rs:1: allow: use `#[expect(lint, reason = "...")]`
            a/one/src/lib.rs:2: export by name, not by `*`
            a/one/src/lib.rs:3: allow: use `#[expect(lint, reason = "...")]`
        "##]],
    );
}

#[test]
fn the_environment_is_read_in_one_file_of_the_binary() {
    let reads = "fn f() { std::env::var(\"X\"); }";
    check("ops-sockerless", &[("src/environment.rs", reads)], expect![""]);
    check(
        "ops-sockerless",
        &[("src/environment.rs", reads), ("src/other.rs", reads)],
        expect![[r#"
            ops/sockerless/src/environment.rs:1: the environment is read here, and in another file too; one file of a package may
            ops/sockerless/src/other.rs:1: the environment is read here, and in another file too; one file of a package may
        "#]],
    );
    check(
        "api-http",
        &[("src/lib.rs", reads)],
        expect![[r#"
            api/http/src/lib.rs:1: the environment is read here
        "#]],
    );
}

#[test]
fn a_file_behind_cfg_test_is_no_product() {
    check(
        "a-one",
        &[("src/lib.rs", "#[cfg(test)]\nmod story;"), ("src/story.rs", "fn f() { x.unwrap(); }")],
        expect![""],
    );
}
