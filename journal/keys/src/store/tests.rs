//! Keys on disk: durable, mended, swept, destroyed, and never in plain.

use std::{
    collections::HashSet,
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::PathBuf,
};

use journal_domain::KeyId;
use tempfile::TempDir;

use crate::{KeyError, KeyOptions, KeyReport, KeyStore, OpenError, beside, copy_keys};

/// What becomes of a file: other bytes, or nothing.
type Damage = fn(Vec<u8>) -> Option<Vec<u8>>;

struct Place {
    _dir: TempDir,
    options: KeyOptions,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        fs::create_dir(&data).unwrap();
        let options = KeyOptions { keys: data.join("keys"), wrapping: beside(&data) };
        Self { _dir: dir, options }
    }

    fn open(&self) -> (KeyStore, KeyReport) {
        KeyStore::open(self.options.clone()).unwrap()
    }

    fn files(&self) -> [PathBuf; 2] {
        ["slots", "slots.mirror"].map(|name| self.options.keys.join(name))
    }

    /// Makes a store with one sealed environment, and gives what opens it.
    fn sealed(&self) -> (KeyId, impl Fn(&KeyStore) -> Result<Vec<String>, OpenError> + use<>) {
        let (keys, _) = self.open();
        let key = keys.take().unwrap();
        let mut stripped = vec!["TOKEN=hunter2".to_owned()];
        let sealed = keys.seal_environment(key, &mut stripped).unwrap().unwrap();
        (key, move |keys: &KeyStore| keys.open_environment(&stripped, &sealed))
    }
}

fn live(key: KeyId) -> HashSet<KeyId> {
    HashSet::from([key])
}

#[test]
fn nothing_is_made_before_the_first_key() {
    let place = Place::new();
    let (keys, report) = place.open();
    assert_eq!(report, KeyReport::default());
    assert!(!place.options.keys.exists() && !place.options.wrapping.exists());
    keys.take().unwrap();
    for file in [&place.options.wrapping, &place.files()[0], &place.files()[1]] {
        assert_eq!(fs::metadata(file).unwrap().mode() & 0o777, 0o600, "{}", file.display());
    }
}

#[test]
fn a_key_that_was_taken_is_there_after_a_restart() {
    let place = Place::new();
    let (key, open) = place.sealed();
    let (keys, report) = place.open();
    assert!(keys.has(key) && report.keys > 1);
    assert_eq!(open(&keys).unwrap(), ["TOKEN=hunter2"]);
}

#[test]
fn every_taken_key_is_another_one() {
    let place = Place::new();
    let (keys, _) = place.open();
    let taken: HashSet<KeyId> = (0..2000).map(|_| keys.take().unwrap()).collect();
    assert_eq!(taken.len(), 2000);
}

#[test]
fn a_destroyed_key_is_gone_from_both_files_and_for_good() {
    let place = Place::new();
    let (key, open) = place.sealed();
    let (keys, _) = place.open();
    let holds = |place: &Place| {
        place.files().map(|file| {
            let bytes = fs::read(file).unwrap();
            bytes.windows(16).any(|window| window == key.as_bytes())
        })
    };
    assert_eq!(holds(&place), [true, true], "the control");
    keys.destroy(&[key]).unwrap();
    assert_eq!(holds(&place), [false, false]);
    assert_eq!(open(&keys), Err(OpenError::NoKey(key)));
    // Once more: whoever was cut short by a crash begins again.
    keys.destroy(&[key]).unwrap();
    let (keys, _) = place.open();
    assert_eq!(open(&keys), Err(OpenError::NoKey(key)));
}

#[test]
fn a_key_that_nothing_refers_to_is_swept_and_a_lost_one_is_named() {
    let place = Place::new();
    let (key, open) = place.sealed();
    let (keys, report) = place.open();
    let lost = KeyId::from_bytes([7; 16]);
    let (swept, missing) = keys.sweep(&HashSet::from([key, lost])).unwrap();
    assert_eq!((swept, missing), (report.keys - 1, vec![lost]));
    assert_eq!(open(&keys).unwrap(), ["TOKEN=hunter2"]);
    let (keys, report) = place.open();
    assert_eq!(report.keys, 1);
    // Slots that were given up are used again.
    let slots = || fs::metadata(&place.files()[0]).unwrap().len() / 128;
    let before = slots();
    keys.take().unwrap();
    assert_eq!(slots(), before + 1, "one key is still there");
}

#[test]
fn each_file_is_mended_from_the_other() {
    let damages: [Damage; 4] = [
        |_| None,
        |bytes| Some(bytes[..100].to_vec()),
        |bytes| Some(vec![0; bytes.len()]),
        |bytes| Some(bytes.iter().map(|byte| byte ^ 0x10).collect()),
    ];
    for damage in damages {
        for file in 0..2 {
            let place = Place::new();
            let (key, open) = place.sealed();
            let path = &place.files()[file];
            match damage(fs::read(path).unwrap()) {
                Some(bytes) => fs::write(path, bytes).unwrap(),
                None => fs::remove_file(path).unwrap(),
            }
            let (keys, report) = place.open();
            assert!(report.mended > 0);
            assert_eq!(report.damaged, 0);
            assert_eq!(open(&keys).unwrap(), ["TOKEN=hunter2"]);
            assert_eq!(keys.sweep(&live(key)).unwrap().1, []);
            let (_, report) = place.open();
            assert_eq!(report.mended, 0);
        }
    }
}

#[test]
fn any_one_flipped_byte_is_mended() {
    let place = Place::new();
    let (key, open) = place.sealed();
    let (keys, _) = place.open();
    keys.sweep(&live(key)).unwrap();
    let path = &place.files()[0];
    let holds = |slot: &[u8]| slot.windows(16).any(|window| window == key.as_bytes());
    let slot = fs::read(path).unwrap().chunks(128).position(holds).unwrap();
    // Every fifth of the check slot and of the key's.
    for at in (0..128).chain(slot * 128..slot * 128 + 128).step_by(5) {
        let mut bytes = fs::read(path).unwrap();
        bytes[at] ^= 1;
        fs::write(path, bytes).unwrap();
        let (keys, report) = place.open();
        assert_eq!((report.mended, report.damaged), (1, 0), "byte {at}");
        assert_eq!(open(&keys).unwrap(), ["TOKEN=hunter2"]);
    }
}

#[test]
fn another_wrapping_key_is_refused() {
    let place = Place::new();
    place.open().0.take().unwrap();
    fs::write(&place.options.wrapping, "00".repeat(32)).unwrap();
    let error = KeyStore::open(place.options.clone()).unwrap_err();
    assert!(matches!(error, KeyError::WrappingOther { .. }), "{error}");
}

#[test]
fn a_missing_or_open_or_senseless_wrapping_key_is_refused() {
    let place = Place::new();
    place.open().0.take().unwrap();
    let wrapping = &place.options.wrapping;
    let refused = || KeyStore::open(place.options.clone()).unwrap_err().to_string();
    fs::set_permissions(wrapping, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(refused().contains("chmod 600"));
    fs::set_permissions(wrapping, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(wrapping, "short").unwrap();
    assert!(refused().contains("64 hexadecimal digits"));
    fs::remove_file(wrapping).unwrap();
    assert!(refused().contains("put it back"));
}

#[test]
fn a_place_that_cannot_be_written_is_an_error_and_no_end() {
    let place = Place::new();
    let options = KeyOptions { wrapping: "/proc/none".into(), ..place.options.clone() };
    let (keys, _) = KeyStore::open(options).unwrap();
    for _ in 0..2 {
        let error = keys.take().unwrap_err().to_string();
        assert!(error.contains("/proc/none"), "{error}");
    }
    keys.destroy(&[KeyId::from_bytes([1; 16])]).unwrap();
}

#[test]
fn nothing_on_disk_holds_a_key_or_a_value_in_plain() {
    let place = Place::new();
    let (key, open) = place.sealed();
    let (keys, _) = place.open();
    let bytes = keys.key(key).unwrap().bytes().to_vec();
    for file in place.files() {
        let there = fs::read(file).unwrap();
        assert!(!there.windows(32).any(|window| window == bytes));
    }
    assert_eq!(open(&keys).unwrap(), ["TOKEN=hunter2"]);
}

#[test]
fn keys_that_are_held_stay_as_they_are_and_a_copy_of_them_opens_what_they_sealed() {
    let place = Place::new();
    let (key, open) = place.sealed();
    let (keys, _) = place.open();
    let held = keys.hold().unwrap();
    let destroying = std::thread::spawn({
        let keys = keys.clone();
        move || keys.destroy(&[key]).unwrap()
    });
    let copied = Place::new();
    assert!(copy_keys(&place.options.keys, &copied.options.keys).unwrap());
    assert!(!destroying.is_finished());
    drop(held);
    destroying.join().unwrap();
    let own = fs::read(&place.files()[0]).unwrap();
    fs::copy(&place.options.wrapping, &copied.options.wrapping).unwrap();
    let (kept, _) = copied.open();
    assert_eq!(open(&kept).unwrap(), ["TOKEN=hunter2"]);
    assert_ne!(fs::read(&copied.files()[0]).unwrap(), own);
    assert!(!place.open().0.has(key));
}

#[test]
fn where_there_are_no_keys_there_is_nothing_to_copy() {
    let (place, other) = (Place::new(), Place::new());
    assert!(!copy_keys(&place.options.keys, &other.options.keys).unwrap());
    assert!(!other.options.keys.exists());
    drop(place.open().0.hold().unwrap());
}
