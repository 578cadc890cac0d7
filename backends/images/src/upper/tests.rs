//! Upper directories as overlayfs leaves them: listed, packed, moved and copied into layers.

use std::{
    fs::{self, File},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rustix::fs::{CWD, FileType, Mode, XattrFlags};
use tempfile::TempDir;

use super::{ChangeKind, LeftOut, Upper};
use crate::{
    digest::Digest,
    loaded::LoadedLayer,
    store::ImageStore,
    tests::{paths, write},
};

/// A lower and an upper directory on one file system with a store.
struct Rig {
    dir: TempDir,
    store: ImageStore,
}

impl Rig {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["upper", "lower", "lower/old", "lower/etc"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        write(&dir.path().join("lower/old/one"), b"1");
        write(&dir.path().join("lower/old/two"), b"2");
        let store = ImageStore::open(&dir.path().join("data")).unwrap();
        Self { dir, store }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join("upper").join(path)
    }

    fn upper_of(&self, upper: &Path) -> Upper {
        let open = |path: &Path| File::open(path).unwrap().into();
        Upper { upper: open(upper), lower: open(&self.dir.path().join("lower")) }
    }

    fn upper(&self) -> Upper {
        self.upper_of(&self.at(""))
    }

    /// Deletes a file of the lower directory, as overlayfs notes it.
    fn whiteout(&self, path: &str) {
        let device = FileType::CharacterDevice;
        rustix::fs::mknodat(CWD, self.at(path), device, Mode::empty(), 0).unwrap();
    }

    fn opaque(&self, path: &str) {
        let path = self.at(path);
        rustix::fs::setxattr(&path, crate::notes::opaque(), b"y", XattrFlags::empty()).unwrap();
    }

    fn listed(&self) -> Vec<String> {
        let upper = self.upper();
        let left_out = LeftOut::find(&upper).unwrap();
        let shown = |kind| match kind {
            ChangeKind::Modified => "C",
            ChangeKind::Added => "A",
            ChangeKind::Deleted => "D",
        };
        let changes = upper.changes(&left_out).unwrap().into_iter();
        changes
            .map(|change| {
                format!("{} {}", shown(change.kind), String::from_utf8(change.path).unwrap())
            })
            .collect()
    }

    /// What a run leaves without a word of its program.
    fn mount_points(&self) {
        for name in ["dev", "proc", "sys", "etc"] {
            fs::create_dir(self.at(name)).unwrap();
        }
        write(&self.at(".dockerenv"), b"");
        for name in ["hosts", "hostname", "resolv.conf"] {
            write(&self.at("etc").join(name), b"");
        }
        symlink("/proc/mounts", self.at("etc/mtab")).unwrap();
    }

    fn moved(&self) -> Option<LoadedLayer> {
        let lease = self.store.lease();
        let draft = self.store.draft_of(&self.at("")).unwrap();
        let upper = self.upper_of(&draft.tree());
        self.store.take(draft, &upper, &lease).unwrap()
    }
}

#[test]
fn what_is_new_changed_and_gone_is_listed_with_the_directories_above_it() {
    let rig = Rig::new();
    fs::create_dir_all(rig.at("old")).unwrap();
    rig.whiteout("old/one");
    write(&rig.at("old/two"), b"other");
    fs::create_dir_all(rig.at("new/deep")).unwrap();
    write(&rig.at("new/deep/file"), b"");
    symlink("/nowhere", rig.at("link")).unwrap();
    assert_eq!(
        rig.listed(),
        [
            "A /link",
            "A /new",
            "A /new/deep",
            "A /new/deep/file",
            "C /old",
            "D /old/one",
            "C /old/two"
        ]
    );
}

#[test]
fn a_directory_that_was_made_anew_tells_what_it_has_lost() {
    let rig = Rig::new();
    fs::create_dir_all(rig.at("old")).unwrap();
    rig.opaque("old");
    write(&rig.at("old/two"), b"2 again");
    assert_eq!(rig.listed(), ["C /old", "D /old/one", "C /old/two"]);
}

#[test]
fn what_only_a_run_needed_is_no_change_and_what_its_program_made_is() {
    let rig = Rig::new();
    rig.mount_points();
    assert_eq!(rig.listed(), [""; 0]);
    write(&rig.at("etc/passwd"), b"root");
    write(&rig.at("etc/hosts"), b"the program's own");
    assert_eq!(rig.listed(), ["C /etc", "A /etc/hosts", "A /etc/passwd"]);
    fs::set_permissions(rig.at("etc"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::remove_file(rig.at("etc/passwd")).unwrap();
    fs::remove_file(rig.at("etc/hosts")).unwrap();
    assert_eq!(rig.listed(), ["C /etc"]);
}

#[test]
fn a_moved_directory_is_the_layer_and_its_digest_is_of_its_tar() {
    let rig = Rig::new();
    rig.mount_points();
    fs::create_dir(rig.at("old")).unwrap();
    rig.whiteout("old/one");
    write(&rig.at("file"), b"content");
    let number = fs::metadata(rig.at("file")).unwrap().ino();
    let layer = rig.moved().unwrap();
    assert_eq!((layer.diff_id, layer.size_bytes), (layer.blob, 7));
    assert!(!rig.at("").exists(), "it was moved");
    let tree = rig.store.layers().tree(layer.diff_id);
    assert_eq!(paths(&tree), ["file", "old", "old/one"]);
    assert_eq!(fs::metadata(tree.join("file")).unwrap().ino(), number, "no byte was copied");
    assert_eq!(fs::metadata(tree.join("old/one")).unwrap().rdev(), 0);
    let blob = rig.dir.path().join("data/blobs/sha256").join(layer.blob.to_hex());
    assert_eq!(Digest::of(&fs::read(blob).unwrap()), layer.diff_id);
    assert_eq!(fs::read_dir(rig.dir.path().join("data/layers")).unwrap().count(), 1);
}

#[test]
fn a_copied_directory_is_the_same_layer_and_stays() {
    let rig = Rig::new();
    rig.mount_points();
    fs::create_dir(rig.at("old")).unwrap();
    rig.opaque("old");
    rig.whiteout("gone");
    write(&rig.at("file"), b"content");
    fs::set_permissions(rig.at(""), fs::Permissions::from_mode(0o711)).unwrap();
    let written = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::open(rig.at("")).unwrap().set_modified(written).unwrap();
    let lease = rig.store.lease();
    let copied = rig.store.copy(&rig.upper(), &lease).unwrap().unwrap();
    assert_eq!(fs::read(rig.at("file")).unwrap(), b"content");
    let tree = rig.store.layers().tree(copied.diff_id);
    assert_eq!(paths(&tree), ["file", "gone", "old"]);
    assert_eq!(fs::metadata(&tree).unwrap().mode() & 0o777, 0o711);
    let mut value = [0; 2];
    let opaque =
        rustix::fs::getxattr(tree.join("old"), crate::notes::opaque(), &mut value).unwrap();
    assert_eq!(&value[..opaque], b"y");
    assert_eq!(fs::metadata(&tree).unwrap().modified().unwrap(), written);
    // Moved, it is told by the same tar, though what only the run needed was removed from it.
    assert_eq!(rig.moved().unwrap().diff_id, copied.diff_id);
}

#[test]
fn without_a_change_there_is_no_layer() {
    let rig = Rig::new();
    rig.mount_points();
    assert_eq!(rig.store.copy(&rig.upper(), &rig.store.lease()).unwrap(), None);
    assert_eq!(rig.moved(), None);
    assert_eq!(rig.store.layers().list().unwrap(), []);
    assert_eq!(rig.store.content().list().unwrap(), []);
}

#[test]
fn a_lease_is_found_again_by_its_number_while_it_is_held() {
    let rig = Rig::new();
    let lease = rig.store.lease();
    let digest = rig.store.content().put(b"x", &lease).unwrap();
    let again = rig.store.lease_numbered(lease.number()).unwrap();
    let number = lease.number();
    drop(lease);
    assert_eq!(rig.store.content().remove(digest).unwrap(), None, "the other end still holds it");
    drop(again);
    assert!(rig.store.lease_numbered(number).is_none());
    assert_eq!(rig.store.content().remove(digest).unwrap(), Some(1));
}
