//! Imports from the tar to the image.

use std::{fs, path::Path};

use journal_log::Timestamp;

use super::ImportOptions;
use crate::{
    digest::Digest,
    fault::Fault,
    limits::LayerLimits,
    platform::Platform,
    store::ImageStore,
    tests::{Tar, chain, gzip},
};

fn options(changes: &[&str]) -> ImportOptions {
    ImportOptions {
        changes: changes.iter().map(|change| (*change).to_owned()).collect(),
        message: "Imported from -".to_owned(),
        created: Timestamp::from_unix_nanos(1_700_000_000_123_456_789),
        platform: Platform {
            os: "linux".into(),
            architecture: "amd64".into(),
            variant: String::new(),
        },
        limits: LayerLimits::default(),
    }
}

fn files(dir: &Path) -> usize {
    ["blobs/sha256", "layers"]
        .map(|part| fs::read_dir(dir.join(part)).unwrap().count())
        .iter()
        .sum()
}

#[test]
fn an_import_is_an_image_of_one_layer() {
    let dir = tempfile::tempdir().unwrap();
    let store = ImageStore::open(dir.path()).unwrap();
    let tar = Tar::default().dir("bin").file("bin/sh", &[7; 4000]).end();
    let sent = gzip(&tar);
    let lease = store.lease();
    let image = store.import(&*sent, &options(&["CMD [\"sh\"]", "ENV A=1"]), &lease).unwrap();
    let diff_id = Digest::of(&tar);
    assert_eq!((image.layers[0].diff_id, image.layers[0].blob), (diff_id, Digest::of(&sent)));
    assert_eq!((image.size_bytes, image.names.len()), (4000, 0));
    let bytes = store.content().read(image.id).unwrap().unwrap();
    assert_eq!(
        String::from_utf8(bytes).unwrap(),
        format!(
            r#"{{"architecture":"amd64","comment":"Imported from -","config":{{"Env":["A=1"],"Cmd":["sh"]}},"created":"2023-11-14T22:13:20.123456789Z","history":[{{"created":"2023-11-14T22:13:20.123456789Z","comment":"Imported from -"}}],"os":"linux","rootfs":{{"type":"layers","diff_ids":["{diff_id}"]}}}}"#
        )
    );
    assert_eq!(store.config(image.id).unwrap(), image.config);
    assert_eq!(store.content().size_bytes(image.layers[0].blob).unwrap(), Some(sent.len() as u64));
    assert!(store.layers().tree(diff_id).join("bin/sh").exists());
    let again = store.import(&*sent, &options(&["CMD [\"sh\"]", "ENV A=1"]), &lease).unwrap();
    assert_eq!(again, image);
}

#[test]
fn what_cannot_be_imported_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = ImageStore::open(dir.path()).unwrap();
    let good = Tar::default().file("a", b"x").end();
    let bad = Tar::default().file("../a", b"x").end();
    for (sent, changes, expected) in [
        (good.clone(), &["RUN x"][..], "run is not a valid change command"),
        (bad, &[], r#"the entry "../a" is refused: its path has `..`"#),
        (b"not a tar".to_vec(), &[], "the archive ends in the middle of an entry, at byte 9"),
        (good[..700].to_vec(), &[], "the archive ends in the middle of an entry, at byte 700"),
        (
            gzip(&good)[..40].to_vec(),
            &[],
            "reading the archive failed at byte 512: unexpected end of file",
        ),
    ] {
        let error = store.import(&*sent, &options(changes), &store.lease()).unwrap_err();
        let shown = chain(&error);
        assert!(shown == expected || sent.len() == 40, "{shown:?} is not {expected:?}");
        assert_eq!((error.fault(), files(dir.path())), (Fault::Content, 0), "{shown}");
    }
}

#[test]
fn an_import_of_nothing_is_an_empty_file_system() {
    let dir = tempfile::tempdir().unwrap();
    let store = ImageStore::open(dir.path()).unwrap();
    let image = store.import(&b""[..], &options(&[]), &store.lease()).unwrap();
    assert_eq!((image.layers[0].diff_id, image.size_bytes), (Digest::of(b""), 0));
}
