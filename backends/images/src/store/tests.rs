//! What is deleted when nothing refers to it, and what is not.

use std::{fs, path::Path};

use journal_log::Timestamp;

use super::{ImageStore, Swept};
use crate::{
    digest::Digest,
    import::ImportOptions,
    lease::Lease,
    limits::LayerLimits,
    loaded::LoadedImage,
    platform::Platform,
    tests::{Tar, gzip},
};

fn import(store: &ImageStore, sent: &[u8], lease: &Lease) -> LoadedImage {
    let options = ImportOptions {
        changes: Vec::new(),
        message: String::new(),
        created: Timestamp::ZERO,
        platform: Platform::host(),
        limits: LayerLimits::default(),
    };
    store.import(sent, &options, lease).unwrap()
}

fn count(dir: &Path) -> (usize, usize) {
    let count = |path: &str| fs::read_dir(dir.join(path)).unwrap().count();
    (count("blobs/sha256"), count("layers"))
}

fn digests(image: &LoadedImage) -> [Digest; 2] {
    [image.id, image.layers[0].diff_id]
}

#[test]
fn a_sweep_keeps_what_is_referred_to_or_held_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let store = ImageStore::open(dir.path()).unwrap();
    let tar = |n: u8| Tar::default().file("n", &[n; 1000]).end();
    let (gone, kept) = (store.lease(), store.lease());
    let orphan = import(&store, &gzip(&tar(1)), &gone);
    let referred = import(&store, &gzip(&tar(2)), &gone);
    let held = import(&store, &tar(3), &kept);
    drop(gone);
    let referred = digests(&referred);
    let swept = store.sweep(store.mark(), |digest| referred.contains(&digest)).unwrap();
    let config_bytes = store.content().size_bytes(held.id).unwrap().unwrap();
    assert_eq!(swept, Swept { layers: 1, blobs: 1, size_bytes: 1000 + config_bytes });
    assert_eq!(count(dir.path()), (4, 2));
    assert_eq!(store.layers().find(orphan.layers[0].diff_id).unwrap(), None);
    drop(kept);
    store.sweep(store.mark(), |_| false).unwrap();
    assert_eq!(count(dir.path()), (0, 0));
}

#[test]
fn what_a_transfer_has_used_since_the_look_at_the_state_is_not_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let store = ImageStore::open(dir.path()).unwrap();
    let tar = Tar::default().file("n", b"n").end();
    drop(import(&store, &tar, &store.lease()));
    let mark = store.mark();
    // The state is looked at here, and refers to nothing. Then a transfer comes and goes.
    let image = import(&store, &tar, &store.lease());
    assert_eq!(store.sweep(mark, |_| false).unwrap(), Swept::default());
    assert_eq!(store.layers().remove_unless_used(image.layers[0].diff_id, mark).unwrap(), None);
    let size_bytes =
        store.layers().remove_unless_used(image.layers[0].diff_id, store.mark()).unwrap();
    assert_eq!(size_bytes, Some(1));
}

#[test]
fn what_a_transfer_has_held_since_before_the_look_and_let_go_after_it_is_not_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let store = ImageStore::open(dir.path()).unwrap();
    let lease = store.lease();
    let image = import(&store, &Tar::default().file("n", b"n").end(), &lease);
    let mark = store.mark();
    // The state is looked at here; then the transfer adds its image to it, and ends.
    drop(lease);
    assert!(!store.remove_unless_used(image.layers[0].diff_id, mark).unwrap());
    assert!(!store.remove_unless_used(image.id, mark).unwrap());
    assert_eq!(store.sweep(mark, |_| false).unwrap(), Swept::default());
    for digest in digests(&image) {
        assert!(store.remove_unless_used(digest, store.mark()).unwrap());
    }
    assert_eq!(count(dir.path()), (0, 0));
}

#[test]
fn a_layer_goes_with_every_blob_that_it_came_in() {
    let dir = tempfile::tempdir().unwrap();
    let store = ImageStore::open(dir.path()).unwrap();
    let tar = Tar::default().file("n", b"n").end();
    let lease = store.lease();
    let plain = import(&store, &tar, &lease);
    let packed = import(&store, &gzip(&tar), &lease);
    assert_eq!((plain.layers[0].diff_id, plain.id), (packed.layers[0].diff_id, packed.id));
    assert_eq!(count(dir.path()), (3, 1));
    drop(lease);
    store.layers().remove(plain.layers[0].diff_id).unwrap();
    // The configuration is left.
    assert_eq!((count(dir.path()), store.content().list().unwrap()), ((1, 0), vec![plain.id]));
}
