//! Layers: unpacked once, found, held, deleted, and left unfinished.

use std::{fs, io, os::unix::fs::PermissionsExt, thread};

use super::{LayerStore, StagedLayer};
use crate::{
    digest::Digest,
    limits::LayerLimits,
    store::ImageStore,
    tests::{Tar, gzip, paths},
};

fn stage(layers: &LayerStore, bytes: &[u8]) -> StagedLayer {
    layers.stage(bytes, io::sink(), &LayerLimits::default()).unwrap()
}

#[test]
fn a_layer_is_known_by_its_tar_however_that_is_compressed() {
    let dir = tempfile::tempdir().unwrap();
    let store = ImageStore::open(dir.path()).unwrap();
    let (layers, lease) = (store.layers(), store.lease());
    let tar = Tar::default().file("a", &[1; 3000]).dir("d").end();
    let diff_id = Digest::of(&tar);
    let staged = stage(layers, &tar);
    assert_eq!((staged.layer().diff_id, staged.layer().size_bytes), (diff_id, 3000));
    assert_eq!(layers.find(diff_id).unwrap(), None);
    let again = stage(layers, &gzip(&tar));
    layers.commit(vec![staged, again], &lease).unwrap();
    assert_eq!(layers.list().unwrap(), [diff_id]);
    assert_eq!(layers.find(diff_id).unwrap().unwrap().entries, 2);
    assert_eq!(paths(&layers.tree(diff_id)), ["a", "d"]);
    assert_eq!(fs::read_dir(dir.path().join("layers")).unwrap().count(), 1);
    let mode = fs::metadata(dir.path().join("layers")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_layer_is_deleted_with_its_bytes_only_when_no_lease_holds_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = ImageStore::open(dir.path()).unwrap();
    let lease = store.lease();
    let staged = stage(store.layers(), &Tar::default().file("a/b", &[1; 700]).end());
    let diff_id = staged.layer().diff_id;
    store.layers().commit(vec![staged], &lease).unwrap();
    assert_eq!(store.layers().remove(diff_id).unwrap(), None);
    drop(lease);
    assert_eq!(store.layers().remove(diff_id).unwrap(), Some(700));
    assert_eq!(store.layers().remove(diff_id).unwrap(), None);
    assert_eq!(fs::read_dir(dir.path().join("layers")).unwrap().count(), 0);
}

#[test]
fn a_layer_that_is_refused_dropped_or_left_by_a_crash_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let store = ImageStore::open(dir.path()).unwrap();
    let good = Tar::default().file("a/b", b"x");
    let bad = Tar::default().file("a/b", b"x").file("../c", b"");
    let refused = store.layers().stage(&*bad.end(), io::sink(), &LayerLimits::default());
    refused.unwrap_err();
    let good = good.end();
    drop(stage(store.layers(), &good));
    assert_eq!(fs::read_dir(dir.path().join("layers")).unwrap().count(), 0);
    std::mem::forget(stage(store.layers(), &good));
    assert_eq!(store.layers().list().unwrap(), []);
    let store = ImageStore::open(dir.path()).unwrap();
    assert_eq!(fs::read_dir(dir.path().join("layers")).unwrap().count(), 0);
    assert_eq!(store.layers().find(Digest::of(&good)).unwrap(), None);
}

#[test]
fn many_bring_the_same_layers_at_once_and_each_is_there_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = ImageStore::open(dir.path()).unwrap();
    let tars: Vec<_> = (0..4_u8).map(|n| Tar::default().file("n", &[n; 2000]).end()).collect();
    thread::scope(|scope| {
        for shift in 0..6 {
            let (store, tars) = (&store, &tars);
            scope.spawn(move || {
                let lease = store.lease();
                let staged = (0..4).map(|n| stage(store.layers(), &tars[(n + shift) % 4]));
                store.layers().commit(staged.collect(), &lease).unwrap();
            });
        }
    });
    let mut expected: Vec<_> = tars.iter().map(|tar| Digest::of(tar)).collect();
    expected.sort_unstable();
    assert_eq!(store.layers().list().unwrap(), expected);
    assert_eq!(fs::read_dir(dir.path().join("layers")).unwrap().count(), 4);
}

#[test]
fn turns_with_layers_in_common_come_one_after_the_other() {
    let dir = tempfile::tempdir().unwrap();
    let store = ImageStore::open(dir.path()).unwrap();
    let [a, b, c] = [b"a", b"b", b"c"].map(|name| Digest::of(name));
    let turn = store.layers().turn(&[a, b]);
    drop(store.layers().turn(&[c]));
    thread::scope(|scope| {
        let later = scope.spawn(|| drop(store.layers().turn(&[c, b])));
        assert!(!later.is_finished());
        drop(turn);
        later.join().unwrap();
    });
    drop(store.layers().turn(&[a, b, c]));
}
