//! What is kept of what was compiled.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread;

use sandbox_wasm::{Cache, compile};

use crate::programs::exits;

/// Threads that want the same at the same time.
const AT_ONCE: usize = 8;

/// Gives the files that are kept, but for locks.
fn kept(cache: &Path) -> Vec<PathBuf> {
    let list = |dir: &Path| {
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
    };
    let entries = list(cache).iter().flat_map(|engine| list(engine)).collect::<Vec<_>>();
    let files = entries.iter().flat_map(|entry| list(entry));
    files.filter(|path| path.file_name().unwrap() != "lock").collect()
}

/// Compiles, and tells which file it is that came.
fn inode(file: &[u8], cache: &Path) -> u64 {
    File::from(compile(file, cache).unwrap().1).metadata().unwrap().ino()
}

#[test]
fn a_file_is_compiled_once_whoever_asks() {
    let cache = tempfile::tempdir().unwrap();
    let found: BTreeSet<u64> = thread::scope(|scope| {
        let asking: Vec<_> =
            (0..AT_ONCE).map(|_| scope.spawn(|| inode(&exits(3), cache.path()))).collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(found.len(), 1, "each has the one file");
    assert_eq!(kept(cache.path()).len(), 1);
    assert_ne!(inode(&exits(4), cache.path()), *found.first().unwrap());
    assert_eq!(kept(cache.path()).len(), 2);
}

#[test]
fn what_is_damaged_is_made_anew() {
    let cache = tempfile::tempdir().unwrap();
    inode(&exits(0), cache.path());
    let path = kept(cache.path()).pop().unwrap();
    let whole = fs::read(&path).unwrap();
    let damages: [fn(&mut Vec<u8>); 4] = [
        |bytes| bytes[100] ^= 1,
        |bytes| *bytes.last_mut().unwrap() ^= 0x80,
        |bytes| bytes.truncate(1000),
        |bytes| bytes.clear(),
    ];
    for damage in damages {
        let mut bytes = whole.clone();
        damage(&mut bytes);
        fs::write(&path, bytes).unwrap();
        inode(&exits(0), cache.path());
        assert_eq!(fs::read(&path).unwrap(), whole);
    }
}

#[test]
fn a_file_that_was_not_finished_is_nobodys_and_goes() {
    let cache = tempfile::tempdir().unwrap();
    inode(&exits(0), cache.path());
    let path = kept(cache.path()).pop().unwrap();
    let cut = path.with_file_name(".new-0000");
    fs::rename(&path, &cut).unwrap();
    inode(&exits(0), cache.path());
    assert_eq!(kept(cache.path()), [path]);
}

#[test]
fn nobody_else_may_look_into_it() {
    let cache = tempfile::tempdir().unwrap();
    inode(&exits(0), cache.path());
    let path = kept(cache.path()).pop().unwrap();
    for dir in path.ancestors().skip(1).take(2) {
        assert_eq!(fs::metadata(dir).unwrap().mode() & 0o777, 0o700, "{}", dir.display());
    }
}

#[test]
fn the_least_recently_used_goes_first() {
    let root = tempfile::tempdir().unwrap();
    let cache = Cache::new(root.path(), "engine");
    let entries: Vec<_> = (0..3_u8).map(|number| cache.entry(&[number])).collect();
    for (number, entry) in entries.iter().enumerate() {
        let made = vec![u8::try_from(number).unwrap(); 1000];
        let file = entry.keep(&made).unwrap();
        let used = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1000 + number as u64);
        let times = fs::FileTimes::new().set_modified(used);
        file.set_times(times).unwrap();
    }
    // The first is the one that was used last now.
    assert!(entries[0].find().is_some());
    cache.trim(2000).unwrap();
    let there: Vec<bool> = entries.iter().map(|entry| entry.find().is_some()).collect();
    assert_eq!(there, [true, false, true]);
}
