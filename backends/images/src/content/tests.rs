//! Blobs: written, found, held, deleted, and left unfinished.

use std::{
    fs,
    io::{Read, Write},
};

use crate::{digest::Digest, store::ImageStore, tests::paths};

#[test]
fn a_blob_has_its_name_when_it_is_committed_and_not_before() {
    let dir = tempfile::tempdir().unwrap();
    let store = ImageStore::open(dir.path()).unwrap();
    let (content, lease) = (store.content(), store.lease());
    let mut writer = content.write().unwrap();
    writer.write_all(b"some ").unwrap();
    writer.write_all(b"bytes").unwrap();
    let blob = writer.finish();
    let digest = Digest::of(b"some bytes");
    assert_eq!((blob.digest(), blob.size_bytes()), (digest, 10));
    assert_eq!(content.size_bytes(digest).unwrap(), None);
    content.commit(&[&blob], &lease).unwrap();
    drop(blob);
    assert_eq!(content.put(b"some bytes", &lease).unwrap(), digest);
    assert_eq!(
        (content.list().unwrap(), content.size_bytes(digest).unwrap()),
        (vec![digest], Some(10))
    );
    let mut read = String::new();
    content.open_blob(digest).unwrap().unwrap().read_to_string(&mut read).unwrap();
    assert_eq!(read, "some bytes");
    assert_eq!(
        paths(&dir.path().join("blobs")),
        ["sha256".to_owned(), format!("sha256/{}", digest.to_hex())]
    );
}

#[test]
fn a_blob_that_is_dropped_or_was_left_by_a_crash_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let store = ImageStore::open(dir.path()).unwrap();
    let mut writer = store.content().write().unwrap();
    writer.write_all(b"dropped").unwrap();
    drop(writer);
    drop(store.content().write().unwrap().finish());
    // What a process leaves when it is killed.
    std::mem::forget(store.content().write().unwrap());
    assert_eq!(paths(&dir.path().join("blobs/sha256")).len(), 1);
    let store = ImageStore::open(dir.path()).unwrap();
    assert_eq!(fs::read_dir(dir.path().join("blobs/sha256")).unwrap().count(), 0);
    assert_eq!(store.content().list().unwrap(), []);
}

#[test]
fn a_blob_is_deleted_only_when_no_lease_holds_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = ImageStore::open(dir.path()).unwrap();
    let (first, second) = (store.lease(), store.lease());
    let digest = store.content().put(b"held twice", &first).unwrap();
    second.hold(digest);
    drop(first);
    assert_eq!(store.content().remove(digest).unwrap(), None);
    drop(second);
    assert_eq!(store.content().remove(digest).unwrap(), Some(10));
    assert_eq!(store.content().remove(digest).unwrap(), None);
    assert!(store.content().open_blob(digest).unwrap().is_none());
}
