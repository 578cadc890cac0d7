//! The table and the arrows it allows.

use expect_test::{Expect, expect};

use super::arrows;
use crate::finding::report;
use crate::tree::Tree;

fn check(table: &str, manifests: &[(&str, &[&str])], expected: Expect) {
    let mut texts = vec![("ARCHITECTURE.md".to_owned(), format!("# Arrows\n```\n{table}\n```\n"))];
    for (name, dependencies) in manifests {
        let lines: String =
            dependencies.iter().map(|name| format!("{name}.workspace = true\n")).collect();
        texts.push((
            format!("{}/Cargo.toml", name.replacen('-', "/", 1)),
            format!("[package]\nname = \"{name}\"\n[dependencies]\n{lines}"),
        ));
    }
    let tree = Tree::of(texts.into_iter().collect()).unwrap();
    expected.assert_eq(&report(&arrows(&tree)));
}

#[test]
fn an_arrow_of_the_table_is_allowed() {
    check(
        "a-one -> nothing of ours\nb-two -> a-one",
        &[("a-one", &["serde"]), ("b-two", &["a-one"])],
        expect![""],
    );
}

#[test]
fn an_arrow_that_is_not_in_the_table_is_found() {
    check(
        "a-one -> nothing of ours\nb-two -> a-one",
        &[("a-one", &["b-two"]), ("b-two", &[])],
        expect![[r#"
            a/one/Cargo.toml: the arrow a-one -> b-two is not in the table
        "#]],
    );
}

#[test]
fn a_star_and_a_turned_list_are_understood() {
    check(
        "a-* -> nothing of ours\nc-top -> anything but a-two",
        &[("a-one", &[]), ("a-two", &[]), ("c-top", &["a-one", "a-two"])],
        expect![[r#"
            c/top/Cargo.toml: the arrow c-top -> a-two is not in the table
        "#]],
    );
}

#[test]
fn a_crate_outside_the_table_and_a_name_without_crate_are_found() {
    check(
        "a-gone -> nothing of ours",
        &[("a-one", &[])],
        expect![[r#"
            ARCHITECTURE.md: the table names a-gone, which is no crate
            a/one: a-one is in no line of the table of arrows
        "#]],
    );
}
