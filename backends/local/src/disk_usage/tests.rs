//! Sizes of trees.

use std::{fs, os::unix::fs::symlink};

use super::disk_usage;

#[test]
fn files_count_once_and_links_lead_nowhere() {
    let dir = tempfile::tempdir().unwrap();
    let outside = dir.path().join("outside");
    fs::write(&outside, vec![0; 1000]).unwrap();
    let tree = dir.path().join("tree");
    fs::create_dir_all(tree.join("a/b")).unwrap();
    fs::write(tree.join("a/file"), vec![0; 100]).unwrap();
    fs::hard_link(tree.join("a/file"), tree.join("a/b/again")).unwrap();
    fs::write(tree.join("a/b/other"), vec![0; 10]).unwrap();
    symlink(&outside, tree.join("link")).unwrap();
    symlink(dir.path(), tree.join("a/up")).unwrap();
    assert_eq!(disk_usage(&tree).unwrap(), 110);
}

#[test]
fn a_container_that_never_ran_takes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(disk_usage(&dir.path().join("nothing")).unwrap(), 0);
}
