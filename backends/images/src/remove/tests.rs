//! Trees that are hard to remove.

use std::{
    fs::{self, File},
    os::{fd::OwnedFd, unix::fs::symlink},
};

use rustix::fs::{Mode, OFlags};

use super::remove_entry;
use crate::tests::write;

#[test]
fn a_tree_deeper_than_any_path_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let mut at: OwnedFd = File::open(dir.path()).unwrap().into();
    // Deeper than descriptors, stacks and paths allow.
    for name in std::iter::once("top").chain(std::iter::repeat_n("d", 3_000)) {
        rustix::fs::mkdirat(&at, name, Mode::RWXU).unwrap();
        at = rustix::fs::openat(&at, name, OFlags::DIRECTORY, Mode::empty()).unwrap();
    }
    let removed = remove_entry(File::open(dir.path()).unwrap(), b"top").unwrap();
    assert_eq!(removed.file_bytes, 0);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn links_are_removed_and_not_what_they_lead_to() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("top/sub")).unwrap();
    fs::create_dir(dir.path().join("kept")).unwrap();
    write(&dir.path().join("kept/file"), b"kept");
    write(&dir.path().join("top/sub/file"), &[0; 300]);
    write(&dir.path().join("top/.removed-0"), b"a name in the way");
    fs::hard_link(dir.path().join("kept/file"), dir.path().join("top/hard")).unwrap();
    symlink("../kept", dir.path().join("top/link")).unwrap();
    let removed = remove_entry(File::open(dir.path()).unwrap(), b"top").unwrap();
    assert_eq!(removed.file_bytes, 300 + 17);
    assert_eq!(fs::read(dir.path().join("kept/file")).unwrap(), b"kept");
    assert!(!dir.path().join("top").exists());
}
