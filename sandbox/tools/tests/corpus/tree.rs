//! The files before a case and after it.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use crate::case::{Case, Thing};

/// When all files of a case were made: 2020-01-02 03:04:05.
const MADE_AT_SECONDS: i64 = 1_577_934_245;

/// Makes the folder of a case anew.
pub(crate) fn make(case: &Case, folder: &Path) {
    if folder.exists() {
        fs::remove_dir_all(folder).unwrap();
    }
    fs::create_dir(folder).unwrap();
    for thing in &case.before {
        match thing {
            Thing::File(name, text) => {
                let path = folder.join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Thing::Dir(name) => fs::create_dir_all(folder.join(name)).unwrap(),
            Thing::Link(name, target) => symlink(target, folder.join(name)).unwrap(),
            Thing::Mode(name, mode) => {
                fs::set_permissions(folder.join(name), fs::Permissions::from_mode(*mode)).unwrap();
            }
        }
    }
    age(folder);
}

fn age(path: &Path) {
    if path.is_dir() && !path.is_symlink() {
        for entry in fs::read_dir(path).unwrap() {
            age(&entry.unwrap().path());
        }
    }
    let time = rustix::fs::Timespec { tv_sec: MADE_AT_SECONDS, tv_nsec: 0 };
    let times = rustix::fs::Timestamps { last_access: time, last_modification: time };
    let flags = rustix::fs::AtFlags::SYMLINK_NOFOLLOW;
    rustix::fs::utimensat(rustix::fs::CWD, path, &times, flags).unwrap();
}

/// All files with modes and contents.
pub(crate) fn shown(folder: &Path) -> String {
    let mut lines = Vec::new();
    show(folder, folder, &mut lines);
    lines.sort();
    lines.join("\n")
}

fn show(top: &Path, path: &Path, lines: &mut Vec<String>) {
    let metadata = fs::symlink_metadata(path).unwrap();
    let name = path.strip_prefix(top).unwrap().display();
    let what = if metadata.is_symlink() {
        format!("-> {}", fs::read_link(path).unwrap().display())
    } else if metadata.is_file() {
        fs::read(path).map_or("?".to_owned(), |bytes| bytes.escape_ascii().to_string())
    } else {
        String::new()
    };
    let old = if metadata.mtime() == MADE_AT_SECONDS { "old" } else { "" };
    // The folder's own time says nothing more than the files do.
    let old = if metadata.is_dir() { "" } else { old };
    lines.push(format!("{name} {:o} {} {old} {what}", metadata.mode(), metadata.nlink()));
    if metadata.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            show(top, &entry.unwrap().path(), lines);
        }
    }
}
