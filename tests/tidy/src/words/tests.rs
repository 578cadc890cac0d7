//! Words that are found, and those that mean something technical.

use expect_test::{Expect, expect};

use super::words;
use crate::finding::report;
use crate::tree::Tree;

fn check(path: &str, text: &str, expected: Expect) {
    expected.assert_eq(&report(&words(&Tree::of_pairs(&[(path, text)]))));
}

#[test]
fn words_from_outside_are_found_in_prose() {
    let word = WORD_OF_WORK;
    check(
        "README.md",
        &format!("Made in one {word}.\nA {word} leader calls setsid.\n"),
        expect![[r#"
            README.md:1: "session": a session is a process's, a TLS peer's or BuildKit's; the project has no other
        "#]],
    );
    check("a.rs", &format!("let {word} = 1;\n"), expect![""]);
}

#[test]
fn a_user_agent_is_a_technical_word() {
    check("a.rs", "// The user agent of the client.\n", expect![""]);
}

#[test]
fn private_paths_are_found_in_code_too() {
    let folder = "work";
    check(
        "a.rs",
        &format!(
            "let p = \"/{folder}/main\";\nlet q = \"$base/{folder}/x\";\nlet r = \"a/{folder}/b\";\n"
        ),
        expect![[r#"
            a.rs:1: a path under /work is on one machine only
        "#]],
    );
}

#[test]
fn a_note_for_later_names_its_issue() {
    let mark = concat!("TO", "DO");
    check(
        "a.rs",
        &format!("// {mark}: later\n// {mark}(#7): later\n"),
        expect![[r#"
            a.rs:1: TODO without an issue: TODO(#n)
        "#]],
    );
}

const WORD_OF_WORK: &str = "session";
