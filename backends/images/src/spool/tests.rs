//! Archives as they are listed, beside what their unpacking leaves. These tests need root, as unpacking does.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    os::unix::{ffi::OsStrExt as _, fs::MetadataExt as _},
    path::Path,
};

use proptest::prelude::*;
use tempfile::TempDir;

use super::{Listed, ListedKind, Spool};
use crate::{
    ExtractOptions, LayerLimits, UnpackError, extract,
    tests::{Head, Tar, gzip},
};

const RULES: ExtractOptions = ExtractOptions {
    keep_kinds: false,
    owner: Some((0, 0)),
    mode: None,
    limits: LayerLimits::DEFAULT,
};

fn spool(archive: &[u8]) -> Result<Spool, UnpackError> {
    Spool::take(archive, tempfile::tempfile().unwrap(), LayerLimits::DEFAULT)
}

/// What is at each path: kind and permissions, owner, and bytes or where a link leads.
type Shown = BTreeMap<Vec<u8>, (u32, u32, Vec<u8>)>;

/// Gives what a spool lists, with the bytes that it reads for it.
fn listed(spool: &Spool) -> Option<Shown> {
    fn add(spool: &Spool, path: &[u8], files: &BTreeMap<Vec<u8>, Listed>, shown: &mut Shown) {
        for (name, file) in files {
            let path = [path, name].concat();
            let (kind, bytes) = match &file.kind {
                ListedKind::Directory(inner) => {
                    add(spool, &[&path, b"/".as_slice()].concat(), inner, shown);
                    (0o040_000, Vec::new())
                }
                ListedKind::File { offset, len } => {
                    let mut bytes = Vec::new();
                    spool.read(*offset, *len, |piece| bytes.extend_from_slice(piece)).unwrap();
                    (0o100_000, bytes)
                }
                ListedKind::Symlink(to) => (0o120_777, to.clone()),
            };
            let mode = if kind == 0o120_777 { kind } else { kind | file.mode };
            shown.insert(path, (mode, 0, bytes));
        }
    }
    let ListedKind::Directory(files) = &spool.listing()?.kind else { panic!("the root is a file") };
    let mut shown = Shown::new();
    add(spool, b"", files, &mut shown);
    Some(shown)
}

/// Gives what is in a directory.
fn there(root: &Path) -> Shown {
    fn add(root: &Path, at: &Path, shown: &mut Shown) {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            let stat = fs::symlink_metadata(&path).unwrap();
            let bytes = if stat.is_symlink() {
                fs::read_link(&path).unwrap().as_os_str().as_bytes().to_vec()
            } else if stat.is_dir() {
                add(root, &path, shown);
                Vec::new()
            } else if stat.is_file() {
                fs::read(&path).unwrap()
            } else {
                Vec::new()
            };
            let name = path.strip_prefix(root).unwrap().as_os_str().as_bytes().to_vec();
            shown.insert(name, (stat.mode(), stat.uid() + stat.gid(), bytes));
        }
    }
    let mut shown = Shown::new();
    add(root, root, &mut shown);
    shown
}

fn unpacked(spool: &Spool) -> Result<TempDir, UnpackError> {
    let dir = tempfile::tempdir().unwrap();
    spool.unpack(File::open(dir.path()).unwrap().into(), &RULES)?;
    Ok(dir)
}

#[test]
fn a_list_tells_what_unpacking_leaves() {
    let owned = Head::new(b'0', "bin/run").set(|header| {
        header.set_uid(1000);
        header.set_mode(0o4711);
    });
    let tar = Tar::default()
        .file("./Dockerfile", b"FROM scratch")
        .file("deep/er/file", &[7; 1000])
        .dir("bin/")
        .entry(owned, &[b'x'; 300_000])
        .symlink("bin/link", "../Dockerfile")
        .entry(Head::new(b'5', "deep").set(|header| header.set_mode(0o1700)), b"")
        .dir("./")
        .end();
    for archive in [gzip(&tar), tar] {
        let spool = spool(&archive).unwrap();
        let shown = listed(&spool).unwrap();
        assert_eq!(shown[b"deep".as_slice()].0, 0o041_700);
        assert_eq!(shown[b"bin/run".as_slice()].0, 0o104_711);
        assert_eq!(shown, there(unpacked(&spool).unwrap().path()));
    }
}

#[test]
fn what_only_the_unpacker_understands_is_not_listed() {
    let file = || Tar::default().file("f", b"f");
    for (what, tar) in [
        ("a hard link", file().hard_link("g", "f")),
        ("a name that comes twice", file().file("./f", b"g")),
        ("a directory in the place of a file", file().dir("f")),
        ("a file under a file", file().file("f/g", b"")),
        ("a path through a link", Tar::default().dir("d").symlink("l", "d").file("l/f", b"")),
        ("a pipe", Tar::default().entry(Head::new(b'6', "p"), b"")),
        ("an attribute", Tar::default().pax(&[("SCHILY.xattr.user.a", b"b")]).file("f", b"")),
        ("a way out", Tar::default().file("../f", b"")),
        ("a file as the root", Tar::default().file(".", b"")),
        ("a deep tree", Tar::default().pax(&[("path", "d/".repeat(200).as_bytes())]).dir("d")),
    ] {
        let archive = tar.end();
        let spool = spool(&archive).unwrap();
        assert!(spool.listing().is_none(), "{what}");
        let dir = tempfile::tempdir().unwrap();
        let root = File::open(dir.path()).unwrap().into();
        let at_once = extract(archive.as_slice(), root, &RULES).map_err(|error| error.to_string());
        let later = unpacked(&spool).map_err(|error| error.to_string());
        assert_eq!(later.as_ref().err(), at_once.as_ref().err(), "{what}");
        if let Ok(later) = later {
            assert_eq!(there(later.path()), there(dir.path()), "{what}");
        }
    }
}

#[test]
fn what_is_no_archive_or_too_large_is_refused_before_anything_is_listed() {
    let tar = Tar::default().file("f", &[b'f'; 2000]).end();
    assert!(matches!(spool(&tar[..1500]), Err(UnpackError::Archive(_))));
    assert!(matches!(spool(&[b'x'; 4096]), Err(UnpackError::Archive(_))));
    let take = |limits| Spool::take(tar.as_slice(), tempfile::tempfile().unwrap(), limits);
    let few = LayerLimits { entries: 0, ..LayerLimits::DEFAULT };
    assert!(matches!(take(few), Err(UnpackError::Limit(_))));
    let short = LayerLimits { bytes: 1999, ..LayerLimits::DEFAULT };
    assert!(take(short).is_err());
}

/// One entry of an archive that anybody may write: few names, so that they meet.
fn entries() -> impl Strategy<Value = Vec<(u8, String, u32)>> {
    let name = prop::sample::select(vec!["a", "b", "a/b", "a/a", "b/a/b", "./b/", "a/b/c", "c"]);
    let kind = prop::sample::select(vec![b'0', b'0', b'5', b'2', b'1']);
    let mode = prop::sample::select(vec![0o644, 0o755, 0o2755, 0o4700, 0o1777]);
    prop::collection::vec((kind, name.prop_map(str::to_owned), mode), 0..6)
}

proptest! {
    #[test]
    fn whatever_is_listed_is_what_unpacking_leaves(entries in entries()) {
        let mut tar = Tar::default();
        for (at, (kind, name, mode)) in entries.iter().enumerate() {
            let head = Head::new(*kind, name).set(|header| header.set_mode(*mode));
            let head = if matches!(*kind, b'1' | b'2') { head.link("a") } else { head };
            let bytes = if *kind == b'0' { format!("{at}").repeat(at) } else { String::new() };
            tar = tar.entry(head, bytes.as_bytes());
        }
        let spool = spool(&tar.end()).unwrap();
        if let Some(shown) = listed(&spool) {
            let dir = unpacked(&spool).unwrap();
            prop_assert_eq!(shown, there(dir.path()));
        }
    }
}
