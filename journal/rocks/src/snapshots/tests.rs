//! Snapshots as files against the suite, and against damage.

use std::fs;
use std::path::Path;

use journal_log::conformance::check_snapshots;
use journal_log::{RecordHash, Seq, SnapshotError, SnapshotManifest, SnapshotStore};

use super::DirSnapshots;

fn manifest(seq: u64, state: &[u8]) -> SnapshotManifest {
    SnapshotManifest {
        seq: Seq::new(seq),
        record_hash: RecordHash::ZERO,
        state_hash: [1; 32],
        schema: 1,
        binary: "0.0.0".to_owned(),
        size_bytes: state.len() as u64,
    }
}

fn files(folder: &Path) -> Vec<String> {
    crate::durable::names_in(folder).unwrap()
}

#[test]
fn snapshots_as_files_keep_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("snapshots");
    check_snapshots(|| DirSnapshots::open(&inner).unwrap());
    assert_eq!(files(&inner), [""; 0], "nothing is left behind");
}

#[test]
fn a_flipped_bit_anywhere_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let store = DirSnapshots::open(folder.path()).unwrap();
    let state = b"a state that repeats itself, a state that repeats itself".to_vec();
    let manifest = manifest(7, &state);
    store.save(&manifest, &state).unwrap();
    for name in files(folder.path()) {
        let path = folder.path().join(name);
        let good = fs::read(&path).unwrap();
        for bit in (0..good.len() * 8).step_by(3) {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, bad).unwrap();
            // A line's end is not part of what is hashed, and losing the last one changes nothing.
            let is_harmless = store.load(&manifest).is_ok_and(|found| found == state);
            assert!(!is_harmless || bit / 8 == good.len() - 1, "bit {bit} of {}", path.display());
        }
        fs::write(&path, good).unwrap();
    }
    assert_eq!(store.load(&manifest).unwrap(), state);
}

#[test]
fn what_an_interrupted_save_left_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let store = DirSnapshots::open(folder.path()).unwrap();
    store.save(&manifest(7, b"state"), b"state").unwrap();
    let before = files(folder.path());
    fs::write(folder.path().join("00000000000000000009-0123456789abcdef.zst"), "half").unwrap();
    fs::write(folder.path().join("00000000000000000009.json.tmp"), "half").unwrap();
    let store = DirSnapshots::open(folder.path()).unwrap();
    assert_eq!(files(folder.path()), before);
    assert_eq!(store.load(&manifest(7, b"state")).unwrap(), b"state");
}

#[test]
fn a_state_that_is_gone_is_damage_and_not_another_state() {
    let folder = tempfile::tempdir().unwrap();
    let store = DirSnapshots::open(folder.path()).unwrap();
    let manifest = manifest(7, b"state");
    store.save(&manifest, b"state").unwrap();
    let state = files(folder.path()).into_iter().find(|name| name.ends_with(".zst")).unwrap();
    fs::remove_file(folder.path().join(state)).unwrap();
    assert!(matches!(store.load(&manifest), Err(SnapshotError::Damaged { .. })));
    assert_eq!(store.manifests().unwrap().len(), 1);
}
