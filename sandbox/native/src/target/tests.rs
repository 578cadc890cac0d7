//! Links that lead out of a tree, and what becomes of them.

use std::fs;
use std::os::fd::AsFd;
use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::{TargetKind, directory, existing, for_mount};

/// A tree `root` beside a directory `outside` that nothing may touch.
fn tree() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("root/real")).unwrap();
    fs::create_dir(dir.path().join("outside")).unwrap();
    symlink("../../outside", dir.path().join("root/up")).unwrap();
    symlink(dir.path().join("outside"), dir.path().join("root/away")).unwrap();
    symlink("/real", dir.path().join("root/inside")).unwrap();
    dir
}

fn make(dir: &TempDir, path: &str, kind: TargetKind) -> bool {
    let root = fs::File::open(dir.path().join("root")).unwrap();
    for_mount(root.as_fd(), path, kind).is_ok()
}

#[test]
fn missing_directories_and_files_are_made() {
    let dir = tree();
    assert!(make(&dir, "/a/b/c", TargetKind::Directory));
    assert!(make(&dir, "/a/b/file", TargetKind::File));
    assert!(dir.path().join("root/a/b/c").is_dir());
    assert!(dir.path().join("root/a/b/file").is_file());
}

#[test]
fn links_are_followed_inside_the_root() {
    let dir = tree();
    assert!(make(&dir, "/inside/new", TargetKind::File));
    assert!(dir.path().join("root/real/new").is_file());
}

#[test]
fn no_way_leads_out_of_the_root() {
    let dir = tree();
    for path in ["/up/x", "/away/x", "/../outside/x", "up/../../outside/x"] {
        make(&dir, path, TargetKind::File);
        make(&dir, path, TargetKind::Directory);
    }
    assert_eq!(fs::read_dir(dir.path().join("outside")).unwrap().count(), 0);
}

#[test]
fn a_target_inside_proc_is_refused() {
    let root = fs::File::open("/").unwrap();
    let refused = for_mount(root.as_fd(), "/proc/sys", TargetKind::Directory).unwrap_err();
    assert_eq!(refused.to_string(), "\"/proc/sys\" cannot be mounted because it is inside /proc");
}

#[test]
fn magic_links_are_not_followed() {
    let root = fs::File::open("/").unwrap();
    assert!(existing(root.as_fd(), "/proc/self/root/etc").is_err());
    assert!(directory(root.as_fd(), "/proc/self/cwd").is_err());
}

#[test]
fn what_is_missing_is_not_made_when_only_looked_for() {
    let dir = tree();
    let root = fs::File::open(dir.path().join("root")).unwrap();
    assert!(existing(root.as_fd(), "/nosuch/path").unwrap().is_none());
    assert!(!dir.path().join("root/nosuch").exists());
}
