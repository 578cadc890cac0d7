//! When a block counts as written twice.

use expect_test::expect;

use super::repeats;
use crate::finding::report;
use crate::tree::Tree;

fn block(lines: usize) -> String {
    (0..lines).map(|line| format!("    step_{line}();\n")).collect()
}

#[test]
fn thirteen_equal_lines_are_found_once_and_twelve_are_not() {
    let found = |lines| {
        let text = |name: &str| format!("//! {name}.\nfn {name}() {{\n{}}}\n", block(lines));
        report(&repeats(&Tree::of_pairs(&[
            ("a/one/Cargo.toml", "[package]\nname = \"a-one\"\n"),
            ("a/one/src/left.rs", &text("left")),
            ("a/one/src/right.rs", &text("right")),
        ])))
    };
    expect![""].assert_eq(&found(12));
    let twice = expect![[r#"
        a/one/src/right.rs:3: more than 12 lines as at a/one/src/left.rs:3
    "#]];
    twice.assert_eq(&found(13));
    twice.assert_eq(&found(20));
}

#[test]
fn imports_comments_and_closing_marks_do_not_count() {
    let imports: String = (0..20).map(|n| format!("use crate::thing{n};\n// words\n")).collect();
    let tree = Tree::of_pairs(&[
        ("a/one/Cargo.toml", "[package]\nname = \"a-one\"\n"),
        ("a/one/src/left.rs", &imports),
        ("a/one/src/right.rs", &imports),
    ]);
    expect![""].assert_eq(&report(&repeats(&tree)));
}
