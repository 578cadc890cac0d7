//! Archives of trees, read back by this crate, by GNU tar and by Python; trees that change meanwhile.

use std::{
    ffi::OsStr,
    fs::{self, File},
    os::unix::{
        ffi::OsStrExt as _,
        fs::{FileExt as _, PermissionsExt as _, symlink},
        net::UnixListener,
    },
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use tempfile::TempDir;

use super::{PackError, Packing, pack};
use crate::{
    archive::{ArchiveReader, Entry, Kind},
    tests::{run, swaps, tell_swaps, write},
};

fn packed(directory: &Path, name: Option<&str>) -> Result<Vec<u8>, PackError> {
    let directory = File::open(directory).unwrap().into();
    let name = name.map(|name| name.as_bytes().to_vec());
    collect(&Packing::Directory { directory, name })
}

fn collect(packing: &Packing) -> Result<Vec<u8>, PackError> {
    let mut archive = Vec::new();
    pack(packing, |piece| {
        archive.extend_from_slice(&piece);
        true
    })?;
    Ok(archive)
}

fn entries(archive: &[u8]) -> Vec<Entry> {
    let mut reader = ArchiveReader::new(archive);
    std::iter::from_fn(|| reader.next_entry().unwrap()).collect()
}

fn names(archive: &[u8]) -> Vec<String> {
    let name = |entry: Entry| String::from_utf8_lossy(&entry.name).into_owned();
    entries(archive).into_iter().map(name).collect()
}

/// A tree with something of every kind.
fn tree() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::create_dir_all(at("sub/inner")).unwrap();
    write(&at("a"), b"hello");
    fs::set_permissions(at("a"), fs::Permissions::from_mode(0o4751)).unwrap();
    fs::hard_link(at("a"), at("sub/again")).unwrap();
    symlink("../a", at("sub/link")).unwrap();
    symlink("/nosuch", at("broken")).unwrap();
    let mode = rustix::fs::Mode::from_raw_mode(0o640);
    let (fifo, device) = (rustix::fs::FileType::Fifo, rustix::fs::FileType::CharacterDevice);
    rustix::fs::mknodat(rustix::fs::CWD, at("pipe"), fifo, mode, 0).unwrap();
    let null = rustix::fs::makedev(1, 3);
    rustix::fs::mknodat(rustix::fs::CWD, at("null"), device, mode, null).unwrap();
    drop(UnixListener::bind(at("socket")).unwrap());
    write(&at(&"n".repeat(200)), b"long");
    write(&dir.path().join(OsStr::from_bytes(b"not-\xff-utf8")), b"");
    write(&at("größe"), b"x");
    dir
}

#[test]
fn a_tree_is_read_back_as_it_is() {
    let dir = tree();
    let archive = packed(dir.path(), Some("top")).unwrap();
    let found = entries(&archive);
    let entry = |name: &[u8]| found.iter().find(|entry| entry.name == name).unwrap();
    assert_eq!((entry(b"top/a").mode, entry(b"top/a").size_bytes), (0o4751, 5));
    let again = entry(b"top/sub/again");
    assert_eq!((again.kind, again.link.as_slice()), (Kind::HardLink, b"top/a".as_slice()));
    assert_eq!(entry(b"top/sub/link").link, b"../a");
    assert_eq!((entry(b"top/pipe").kind, entry(b"top/pipe").mode), (Kind::Fifo, 0o640));
    assert_eq!(entry(b"top/null").device, (1, 3));
    assert_eq!(entry(b"top/not-\xff-utf8").kind, Kind::File);
    assert!(found.iter().all(|entry| entry.name != b"top/socket"), "a socket is left out");
    let names = names(&archive);
    assert_eq!(names[0], "top/");
    assert!(names.is_sorted(), "{names:?}");
}

#[test]
fn gnu_tar_and_python_read_what_is_written() {
    const LIST: &str = "import sys,tarfile\n\
        for i in tarfile.open(sys.argv[1]): print(repr(i.name), i.type, i.linkname, oct(i.mode & 0o7777), i.size)";
    let (dir, place) = (tree(), tempfile::tempdir().unwrap());
    write(&place.path().join("ours.tar"), &packed(dir.path(), Some("top")).unwrap());
    let python = |file: &str| run(place.path(), "python3", &["-c", LIST, file]);
    // GNU tar makes an archive of what it reads in ours, and Python reads both alike.
    run(place.path(), "tar", &["-xpf", "ours.tar"]);
    run(place.path(), "tar", &["--sort=name", "--format=posix", "-cf", "gnu.tar", "top"]);
    assert_eq!(sorted(&python("ours.tar")), sorted(&python("gnu.tar")));
    run(
        place.path(),
        "diff",
        &[
            "-r",
            "--no-dereference",
            "-x",
            "socket",
            "-x",
            "null",
            "-x",
            "pipe",
            "top",
            dir.path().to_str().unwrap(),
        ],
    );
}

fn sorted(lines: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(lines).into_owned();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn names_begin_as_the_docker_daemon_has_them() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("f"), b"");
    for (name, begin) in [
        (Some("d"), ["d/", "d/f"].as_slice()),
        (Some("."), &["./", "./f"]),
        (Some("/"), &["/", "/f"]),
        (None, &["f"]),
    ] {
        assert_eq!(names(&packed(dir.path(), name).unwrap()), begin);
    }
    let parent = File::open(dir.path()).unwrap().into();
    let single = Packing::Single { parent, file: b"f".to_vec(), name: b"g".to_vec() };
    assert_eq!(names(&collect(&single).unwrap()), ["g"]);
}

#[test]
fn long_names_go_where_they_have_room() {
    let dir = tempfile::tempdir().unwrap();
    // Lengths around the limits of ustar: 100 for a name, 155 for what is before it.
    for (depth, last) in [(1, 99), (1, 101), (2, 100), (3, 90), (30, 100), (60, 200)] {
        let inside = dir.path().join(vec!["x".repeat(20); depth].join("/"));
        fs::create_dir_all(&inside).unwrap();
        write(&inside.join("n".repeat(last)), b"");
    }
    let archive = packed(dir.path(), None).unwrap();
    let mut expected = crate::tests::paths(dir.path());
    let mut found: Vec<String> =
        names(&archive).iter().map(|name| name.trim_end_matches('/').to_owned()).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn holes_are_zeros_that_nobody_reads() {
    let dir = tempfile::tempdir().unwrap();
    let file = File::create(dir.path().join("sparse")).unwrap();
    file.set_len(64 << 20).unwrap();
    file.write_all_at(b"in the middle", 32 << 20).unwrap();
    file.write_all_at(b"behind", 48 << 20).unwrap();
    let archive = packed(dir.path(), None).unwrap();
    let data = &archive[512..512 + (64 << 20)];
    assert_eq!(&data[32 << 20..][..13], b"in the middle");
    assert_eq!(&data[48 << 20..][..6], b"behind");
    assert_eq!(data.iter().filter(|&&byte| byte != 0).count(), 13 + 6);
}

#[test]
fn a_deep_tree_takes_few_descriptors() {
    let dir = tempfile::tempdir().unwrap();
    let mut path = dir.path().to_owned();
    for _ in 0..300 {
        path.push("d");
        fs::create_dir(&path).unwrap();
        write(&path.join("e"), b"");
    }
    let archive = packed(dir.path(), None).unwrap();
    assert_eq!(entries(&archive).len(), 600);
}

#[test]
fn whoever_stops_reading_ends_the_work() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("f"), &vec![7; 4 << 20]);
    let directory = File::open(dir.path()).unwrap().into();
    let mut pieces = 0;
    let outcome = pack(&Packing::Directory { directory, name: None }, |_| {
        pieces += 1;
        pieces < 3
    });
    assert!(matches!(outcome, Err(PackError::Stopped)), "{outcome:?}");
    assert_eq!(pieces, 3);
}

#[test]
fn a_file_that_is_cut_while_it_is_read_is_no_archive() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    write(&path, &vec![7; 4 << 20]);
    let directory = File::open(dir.path()).unwrap().into();
    let outcome = pack(&Packing::Directory { directory, name: None }, |_| {
        File::options().write(true).open(&path).unwrap().set_len(1).unwrap();
        true
    });
    assert!(matches!(outcome, Err(PackError::Shrunk { .. })), "{outcome:?}");
}

#[test]
fn links_swapped_while_a_tree_is_read_lead_nowhere() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    fs::create_dir_all(at("tree/inside")).unwrap();
    fs::create_dir(at("outside")).unwrap();
    write(&at("outside/file"), b"secret");
    write(&at("tree/inside/file"), b"public");
    write(&at("tree/plain"), b"public");
    symlink(at("outside"), at("tree/swapped")).unwrap();
    symlink(at("outside/file"), at("tree/linked")).unwrap();
    let ended = AtomicBool::new(false);
    let swap = |one: &str, other: &str| {
        let (one, other) = (at(one), at(other));
        let exchange = rustix::fs::RenameFlags::EXCHANGE;
        let cwd = rustix::fs::CWD;
        rustix::fs::renameat_with(cwd, &one, cwd, &other, exchange).unwrap();
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                swap("tree/inside", "tree/swapped");
                swap("tree/plain", "tree/linked");
            }
        });
        for _ in 0..swaps() {
            let archive = packed(&at("tree"), None).unwrap();
            let leaked = archive.windows(6).any(|bytes| bytes == b"secret");
            if leaked {
                ended.store(true, Ordering::Relaxed);
            }
            assert!(!leaked, "a file from outside is in the archive");
        }
        ended.store(true, Ordering::Relaxed);
    });
    tell_swaps();
}
