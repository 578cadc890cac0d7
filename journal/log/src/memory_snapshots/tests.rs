//! The memory snapshots against the suite.

use crate::conformance::check_snapshots;
use crate::{MemorySnapshots, RecordHash, Seq, SnapshotError, SnapshotManifest, SnapshotStore};

#[test]
fn the_memory_snapshots_keep_the_contract() {
    let store = MemorySnapshots::default();
    check_snapshots(|| store.clone());
}

#[test]
fn a_damaged_snapshot_is_listed_but_not_loaded() {
    let store = MemorySnapshots::default();
    let manifest = SnapshotManifest {
        seq: Seq::new(4),
        record_hash: RecordHash::ZERO,
        state_hash: [0; 32],
        schema: 1,
        binary: String::new(),
        size_bytes: 5,
    };
    store.save(&manifest, b"state").unwrap();
    store.damage(manifest.seq);
    assert_eq!(store.manifests().unwrap(), std::slice::from_ref(&manifest));
    assert!(matches!(store.load(&manifest), Err(SnapshotError::Damaged { .. })));
}
