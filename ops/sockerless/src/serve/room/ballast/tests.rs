//! The ballast as a file.

use std::{fs, os::unix::fs::MetadataExt as _};

use super::Ballast;

const BYTES: u64 = 3 << 20;

#[test]
fn it_takes_real_room_until_it_is_released() {
    let folder = tempfile::tempdir().unwrap();
    let ballast = Ballast::find(folder.path(), BYTES).unwrap();
    assert!(!ballast.is_there());
    ballast.make().unwrap();
    let metadata = fs::metadata(folder.path().join("ballast")).unwrap();
    assert_eq!(metadata.len(), BYTES);
    assert!(metadata.blocks() * 512 >= BYTES, "it is sparse: {} blocks", metadata.blocks());
    assert_eq!(ballast.release().unwrap(), BYTES);
    assert!(!ballast.is_there() && fs::read_dir(folder.path()).unwrap().next().is_none());
}

#[test]
fn it_is_found_again_and_one_of_another_size_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    Ballast::find(folder.path(), BYTES).unwrap().make().unwrap();
    assert_eq!(Ballast::find(folder.path(), BYTES).unwrap().there_bytes(), BYTES);
    assert!(!Ballast::find(folder.path(), 2 * BYTES).unwrap().is_there());
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}

#[test]
fn what_an_interrupted_making_left_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("ballast.tmp"), "a part").unwrap();
    assert!(!Ballast::find(folder.path(), BYTES).unwrap().is_there());
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
}
