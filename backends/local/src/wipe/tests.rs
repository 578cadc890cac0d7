//! Trees that are hard to remove.

use std::{fs, os::unix::fs::symlink};

use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat};

use super::wipe;

#[test]
fn a_directory_that_is_not_there_is_as_good_as_removed() {
    let dir = tempfile::tempdir().unwrap();
    wipe(&dir.path().join("nothing")).unwrap();
}

#[test]
fn links_are_removed_and_never_followed() {
    let dir = tempfile::tempdir().unwrap();
    let outside = dir.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("kept"), "kept").unwrap();
    let tree = dir.path().join("tree");
    fs::create_dir_all(tree.join("a/b")).unwrap();
    symlink(&outside, tree.join("a/b/link")).unwrap();
    symlink(&outside, tree.join("link")).unwrap();
    symlink("/nowhere", tree.join("a/dangling")).unwrap();
    wipe(&tree).unwrap();
    assert!(!tree.exists());
    assert!(outside.join("kept").exists());
    symlink(&outside, &tree).unwrap();
    assert!(wipe(&tree).is_err(), "the top itself may not be a link");
    assert!(outside.join("kept").exists());
}

#[test]
fn a_tree_deeper_than_any_path_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let tree = dir.path().join("tree");
    fs::create_dir(&tree).unwrap();
    let open = |at: rustix::fd::BorrowedFd<'_>, name: &str| {
        openat(at, name, OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).unwrap()
    };
    let mut at = open(CWD, tree.to_str().unwrap());
    let name = "deep".repeat(50);
    for _ in 0..200 {
        mkdirat(&at, name.as_str(), Mode::RWXU).unwrap();
        mkdirat(&at, ".wipe-1", Mode::RWXU).unwrap();
        at = open(rustix::fd::AsFd::as_fd(&at), &name);
    }
    drop(at);
    wipe(&tree).unwrap();
    assert!(!tree.exists());
}

#[test]
fn a_wide_tree_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let tree = dir.path().join("tree");
    for outer in 0..10 {
        let outer = tree.join(outer.to_string());
        for inner in 0..5 {
            fs::create_dir_all(outer.join(inner.to_string()).join("x/y")).unwrap();
            fs::write(outer.join(format!("file-{inner}")), "").unwrap();
        }
    }
    wipe(&tree).unwrap();
    assert!(!tree.exists());
}
