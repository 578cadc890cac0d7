//! The suite of snapshot stores.

use super::must;
use crate::{RecordHash, Seq, SnapshotError, SnapshotManifest, SnapshotStore};

/// Checks that the stores made by `open` keep the contract of [`SnapshotStore`].
///
/// The first call has to find an empty store; each further call is made on the same store and stands for a
/// restart.
pub fn check_snapshots<S: SnapshotStore>(open: impl Fn() -> S) {
    a_new_store_is_empty(&open());
    what_was_saved_is_found_newest_first(&open);
    a_point_that_is_saved_again_is_replaced(&open);
    a_manifest_speaks_of_its_own_state(&open());
    what_was_removed_is_gone(&open);
}

fn a_new_store_is_empty(store: &impl SnapshotStore) {
    assert_eq!(manifests(store), [], "a new store is empty");
    let missing = manifest(1, b"");
    let result = store.load(&missing);
    assert!(matches!(result, Err(SnapshotError::Missing { seq }) if seq == missing.seq));
    must(store.remove(&missing), "removing what is not there is no error");
}

fn what_was_saved_is_found_newest_first<S: SnapshotStore>(open: &impl Fn() -> S) {
    let long = pseudo_random(300_000);
    let states: [(u64, &[u8]); 4] = [(30, b"thirty"), (9, b""), (100, &long), (11, &[0; 70_000])];
    for (seq, state) in states {
        must(open().save(&manifest(seq, state), state), "a state can be saved");
    }
    let store = open();
    let points: Vec<u64> = manifests(&store).iter().map(|found| found.seq.get()).collect();
    assert_eq!(points, [100, 30, 11, 9], "manifests are listed newest first");
    for (seq, state) in states {
        let expected = manifest(seq, state);
        assert!(manifests(&store).contains(&expected), "a manifest is kept as it was given");
        assert_eq!(must(store.load(&expected), "a state can be loaded"), state);
    }
}

fn a_point_that_is_saved_again_is_replaced<S: SnapshotStore>(open: &impl Fn() -> S) {
    let (old, new) = (manifest(30, b"thirty"), manifest(30, b"thirty again"));
    must(open().save(&new, b"thirty again"), "a point can be saved again");
    let store = open();
    let found = manifests(&store);
    assert_eq!(found.iter().filter(|found| found.seq == new.seq).collect::<Vec<_>>(), [&new]);
    assert_eq!(must(store.load(&new), "the new state can be loaded"), b"thirty again");
    let result = store.load(&old);
    assert!(
        matches!(result, Err(SnapshotError::Missing { .. })),
        "the old state is gone: {result:?}"
    );
}

fn a_manifest_speaks_of_its_own_state(store: &impl SnapshotStore) {
    let result = store.save(&manifest(500, b"four"), b"fives");
    assert!(matches!(result, Err(SnapshotError::Size { expected_bytes: 4, found_bytes: 5, .. })));
    assert!(manifests(store).iter().all(|found| found.seq < Seq::new(500)), "nothing was saved");
}

fn what_was_removed_is_gone<S: SnapshotStore>(open: &impl Fn() -> S) {
    for found in manifests(&open()) {
        must(open().remove(&found), "a snapshot can be removed");
        let store = open();
        assert!(!manifests(&store).contains(&found), "a removed snapshot is not listed");
        assert!(matches!(store.load(&found), Err(SnapshotError::Missing { .. })));
        must(store.remove(&found), "removing again is no error");
    }
    assert_eq!(manifests(&open()), []);
}

fn manifests(store: &impl SnapshotStore) -> Vec<SnapshotManifest> {
    must(store.manifests(), "manifests can be listed")
}

fn manifest(seq: u64, state: &[u8]) -> SnapshotManifest {
    let mut record_hash = [0x11; 32];
    record_hash[..8].copy_from_slice(&seq.to_le_bytes());
    SnapshotManifest {
        seq: Seq::new(seq),
        record_hash: RecordHash::from_bytes(record_hash),
        state_hash: [state.len() as u8; 32],
        schema: 3,
        binary: "0.0.0 \"quoted\"".to_owned(),
        size_bytes: state.len() as u64,
    }
}

/// Makes bytes that do not compress: a multiplicative generator's high bytes.
fn pseudo_random(count: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let step = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    (0..count).map(step).collect()
}
