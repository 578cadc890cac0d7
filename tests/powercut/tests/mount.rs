//! A mounted disk: it behaves like any other until its power goes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::OFlags;
use tests_powercut::{Cut, Image, Lie, Moment, Mount};

/// A folder to mount at, and a disk mounted there.
fn mounted(image: Image, lie: Lie) -> (tempfile::TempDir, Mount) {
    let folder = tempfile::tempdir().unwrap();
    let mount = Mount::new(folder.path(), image, lie).unwrap();
    (folder, mount)
}

/// Cuts the power of a disk after `work`, and gives a disk with what is left.
fn after_cut(lie: Lie, cut: Cut, work: impl FnOnce(&Path)) -> (tempfile::TempDir, Mount) {
    let (folder, mount) = mounted(Image::empty(), lie);
    work(mount.path());
    mount.cut(cut, 1);
    let left = mount.end().unwrap();
    drop(folder);
    mounted(left, Lie::No)
}

fn sync(path: &Path) {
    File::open(path).and_then(|file| file.sync_all()).unwrap();
}

/// Everything under a folder: what each name leads to.
fn tree(root: &Path) -> BTreeMap<PathBuf, (u64, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut left = vec![root.to_owned()];
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            let name = path.strip_prefix(root).unwrap().to_owned();
            if metadata.is_dir() {
                found.insert(name, (0, Vec::new()));
                left.push(path);
            } else if metadata.is_symlink() {
                let target = fs::read_link(&path).unwrap();
                found.insert(name, (1, target.to_str().unwrap().as_bytes().to_vec()));
            } else {
                found.insert(name, (metadata.nlink(), fs::read(&path).unwrap()));
            }
        }
    }
    found
}

/// One change drawn at random; whether it failed, and how, is the answer.
fn change(root: &Path, random: &mut fastrand::Rng) -> Result<(), io::ErrorKind> {
    let names = ["a", "b", "c", "d/a", "d/b", "e/a", "d", "e"];
    let [from, to] = [(); 2].map(|()| root.join(names[random.usize(..names.len())]));
    let (offset, count) = (random.u64(..9000), random.usize(..9000));
    let done = match random.u8(..10) {
        0 => fs::create_dir(&to),
        1 => fs::rename(&from, &to),
        2 => fs::hard_link(&from, &to),
        3 => fs::remove_file(&from),
        4 => fs::remove_dir(&from),
        5 => File::options().write(true).open(&from).and_then(|file| file.set_len(offset)),
        6 => std::os::unix::fs::symlink("somewhere", &to),
        7 => File::options().append(true).open(&from).and_then(|mut file| file.write_all(b"more")),
        8 => fs::write(&to, vec![random.u8(..); count]),
        _ => File::options()
            .write(true)
            .open(&from)
            .and_then(|file| file.write_all_at(&vec![random.u8(..); count], offset)),
    };
    done.map_err(|error| error.kind())
}

#[test]
fn it_behaves_like_any_other_disk() {
    let (_folder, mount) = mounted(Image::empty(), Lie::No);
    let other = tempfile::tempdir().unwrap();
    for seed in 0..40 {
        let random = || fastrand::Rng::with_seed(seed);
        let [mut ours, mut theirs] = [random(), random()];
        for _ in 0..25 {
            assert_eq!(change(mount.path(), &mut ours), change(other.path(), &mut theirs));
        }
        assert_eq!(tree(mount.path()), tree(other.path()), "after seed {seed}");
    }
    mount.end().unwrap();
}

#[test]
fn what_was_synced_with_its_folder_is_there_and_the_rest_is_not() {
    let (_folder, mount) = after_cut(Lie::No, Cut::Nothing, |disk| {
        for name in ["synced", "nameless", "empty"] {
            fs::write(disk.join(name), "bytes").unwrap();
        }
        sync(&disk.join("synced"));
        sync(disk);
        // A name after the folder's sync, bytes before their file's: neither is safe.
        sync(&disk.join("nameless"));
        fs::rename(disk.join("nameless"), disk.join("renamed")).unwrap();
        fs::remove_file(disk.join("synced")).unwrap();
    });
    let found = tree(mount.path());
    let file = |text: &str| (1, text.as_bytes().to_vec());
    let wanted = [("synced", file("bytes")), ("nameless", file("bytes")), ("empty", file(""))];
    assert_eq!(found, wanted.map(|(name, file)| (PathBuf::from(name), file)).into());
}

#[test]
fn a_file_without_a_synced_name_is_gone_whatever_it_synced() {
    let (_folder, mount) = after_cut(Lie::No, Cut::Nothing, |disk| {
        fs::write(disk.join("file"), "bytes").unwrap();
        sync(&disk.join("file"));
    });
    assert_eq!(tree(mount.path()), BTreeMap::new());
}

#[test]
fn a_write_to_a_file_that_is_opened_for_synced_writes_is_safe() {
    let (_folder, mount) = after_cut(Lie::No, Cut::Nothing, |disk| {
        let flags = OFlags::DSYNC.bits().cast_signed();
        let mut options = File::options();
        let file = options.write(true).create_new(true).custom_flags(flags).open(disk.join("file"));
        sync(disk);
        file.unwrap().write_all(b"bytes").unwrap();
    });
    assert_eq!(fs::read(mount.path().join("file")).unwrap(), b"bytes");
}

#[test]
fn a_disk_that_lies_about_syncs_loses_what_was_synced() {
    let (_folder, mount) = after_cut(Lie::Sync, Cut::Nothing, |disk| {
        fs::write(disk.join("file"), "bytes").unwrap();
        sync(&disk.join("file"));
        sync(disk);
    });
    assert_eq!(tree(mount.path()), BTreeMap::new());
}

#[test]
fn the_power_goes_at_the_planned_operation_and_every_call_fails_from_then_on() {
    let (_folder, mount) = mounted(Image::empty(), Lie::No);
    mount.plan(6, Moment::Cut(Cut::Everything, 7));
    let write = |number: u32| fs::write(mount.path().join(number.to_string()), "x");
    // Making a file is one operation, writing it another.
    assert!(write(1).is_ok() && write(2).is_ok() && !mount.is_cut());
    assert!(write(3).is_err() && mount.is_cut());
    assert!(write(4).is_err());
    let left = mount.end().unwrap();
    let (_folder, mount) = mounted(left, Lie::No);
    let names: Vec<_> = tree(mount.path()).into_keys().collect();
    assert_eq!(names, ["1", "2", "3"].map(PathBuf::from));
}

#[test]
fn a_function_is_called_at_the_planned_operation() {
    let (_folder, mount) = mounted(Image::empty(), Lie::No);
    let called = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&called);
    mount.plan(2, Moment::Call(Box::new(move || seen.store(1, Ordering::Relaxed))));
    fs::create_dir(mount.path().join("one")).unwrap();
    assert_eq!((called.load(Ordering::Relaxed), mount.operations()), (0, 1));
    fs::create_dir(mount.path().join("two")).unwrap();
    assert_eq!((called.load(Ordering::Relaxed), mount.operations()), (1, 2));
}
