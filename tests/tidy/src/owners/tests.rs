//! Who may use what.

use expect_test::expect;

use super::owners;
use crate::finding::report;
use crate::tree::Tree;

#[test]
fn a_library_outside_its_owner_is_found() {
    let tree = Tree::of_pairs(&[(
        "api/docker/Cargo.toml",
        "[package]\nname = \"api-docker\"\n[dependencies]\nrocksdb.workspace = true\nwarp.workspace = true\n",
    )]);
    expect![[r#"
        api/docker/Cargo.toml: rocksdb belongs to journal-rocks
    "#]]
    .assert_eq(&report(&owners(&tree)));
}

#[test]
fn a_refusing_status_outside_error_rs_is_found() {
    let tree = Tree::of_pairs(&[
        ("api/docker/Cargo.toml", "[package]\nname = \"api-docker\"\n"),
        ("api/docker/src/error.rs", "fn f() { StatusCode::CONFLICT; }"),
        (
            "api/docker/src/route.rs",
            "fn f() { StatusCode::CREATED; }\nfn g() { StatusCode::CONFLICT; }",
        ),
    ]);
    expect![[r#"
        api/docker/src/route.rs:2: CONFLICT is chosen outside error.rs
    "#]]
    .assert_eq(&report(&owners(&tree)));
}

#[test]
fn a_raw_upgrade_outside_hijack_rs_is_found() {
    let tree = Tree::of_pairs(&[
        ("api/http/Cargo.toml", "[package]\nname = \"api-http\"\n"),
        ("api/http/src/hijack.rs", "fn f() { hyper::upgrade::on(request); }"),
        ("api/http/src/accept.rs", "fn f() { hyper::upgrade::on(request); }"),
    ]);
    expect![[r#"
        api/http/src/accept.rs:1: raw upgrades belong to api/http hijack.rs
    "#]]
    .assert_eq(&report(&owners(&tree)));
}
