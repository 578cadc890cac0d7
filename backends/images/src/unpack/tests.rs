//! Layers as programs make them, and layers that want to write elsewhere. These tests need root, as unpacking does.

use std::{
    fs::{self, File},
    os::unix::{
        ffi::OsStrExt,
        fs::{FileTypeExt, MetadataExt, symlink},
    },
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use tempfile::TempDir;

use super::{Rules, UnpackError, Unpacked, unpack};
use crate::{
    limits::LayerLimits,
    tests::{Head, Tar, chain, paths, run, write},
};

/// A directory with `tree`, which is unpacked into, and `outside`, which must stay as it is.
struct Place {
    dir: TempDir,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("tree")).unwrap();
        fs::create_dir(dir.path().join("outside")).unwrap();
        write(&dir.path().join("outside/kept"), b"kept");
        Self { dir }
    }

    fn tree(&self) -> PathBuf {
        self.dir.path().join("tree")
    }

    fn unpack(&self, tar: &[u8]) -> Result<Unpacked, UnpackError> {
        self.unpack_within(tar, &LayerLimits::default())
    }

    fn unpack_within(&self, tar: &[u8], limits: &LayerLimits) -> Result<Unpacked, UnpackError> {
        let root = File::open(self.tree()).unwrap();
        unpack(&mut &*tar, root.into(), Rules::LAYER, limits)
    }

    fn check_outside(&self) {
        let outside = self.dir.path().join("outside");
        assert_eq!(paths(&outside), ["kept"]);
        let kept = fs::metadata(outside.join("kept")).unwrap();
        assert_eq!((fs::read(outside.join("kept")).unwrap(), kept.nlink()), (b"kept".to_vec(), 1));
        assert_eq!(
            paths(self.dir.path()).iter().filter(|path| !path.starts_with("tree/")).count(),
            3
        );
    }
}

fn unpacked(tar: &[u8]) -> Place {
    let place = Place::new();
    place.unpack(tar).unwrap_or_else(|error| panic!("{}", chain(&error)));
    place
}

fn refusal(tar: &[u8]) -> String {
    let place = Place::new();
    let error = place.unpack(tar).unwrap_err();
    place.check_outside();
    chain(&error)
}

fn attribute(path: &Path, name: &str) -> Option<Vec<u8>> {
    let mut value = [0; 64];
    let len = rustix::fs::lgetxattr(path, name, &mut value[..]).ok()?;
    Some(value[..len].to_vec())
}

fn is_whiteout(path: &Path) -> bool {
    let found = fs::symlink_metadata(path).unwrap();
    found.file_type().is_char_device() && found.rdev() == 0
}

#[test]
fn names_that_leave_the_layer_are_refused() {
    for (tar, expected) in [
        (
            Tar::default().file("../outside/x", b"x"),
            r#""../outside/x" is refused: its path has `..`"#,
        ),
        (Tar::default().file("a/../../outside/x", b"x"), "its path has `..`"),
        (Tar::default().file("/etc/x", b"x"), "its path is absolute"),
        (Tar::default().file("", b"x"), "it has no name"),
        (Tar::default().file("./", b"x"), "the root is not a directory"),
        (Tar::default().pax(&[("path", b"a\0b")]).file("x", b""), "a name with a zero byte"),
        (
            Tar::default().pax(&[("path", "n".repeat(300).as_bytes())]).file("x", b""),
            "its name is too long",
        ),
        (
            Tar::default().pax(&[("path", "n/".repeat(3000).as_bytes())]).file("x", b""),
            "its name is too long",
        ),
        (
            Tar::default().symlink("out", "../outside").file("out/x", b"x"),
            "it leads out of the directory",
        ),
        (
            Tar::default().symlink("out", "../outside").file("out/kept", b"x"),
            "it leads out of the directory",
        ),
        (Tar::default().symlink("out", "/etc").dir("out/x"), "it leads out of the directory"),
        (
            Tar::default().dir("d").symlink("d/out", "../../outside").file("d/out/x", b"x"),
            "it leads out of the directory",
        ),
        (
            Tar::default().symlink("a", "b").symlink("b", "a").file("a/x", b"x"),
            "it leads out of the directory",
        ),
        (Tar::default().file("f", b"").file("f/x", b"x"), "a part of its path is not a directory"),
        (Tar::default().hard_link("x", "../outside/kept"), "its path has `..`"),
        (Tar::default().hard_link("x", "/etc/passwd"), "its path is absolute"),
        (
            Tar::default().symlink("out", "../outside").hard_link("x", "out/kept"),
            "it leads out of the directory",
        ),
        (Tar::default().hard_link("x", "gone"), "it links to what is not there"),
        (Tar::default().dir("d").hard_link("x", "d"), "it is a hard link to a directory"),
        (Tar::default().file("x", b"").hard_link("x", "x"), "it is a hard link to itself"),
        (Tar::default().symlink("x", ""), "it is a link to nothing"),
        (Tar::default().file("a/.wh...", b""), "it deletes nothing"),
        (
            Tar::default().symlink("out", "../outside").file("out/.wh.kept", b""),
            "it leads out of the directory",
        ),
        (
            Tar::default().symlink("out", "../outside").file("out/.wh..wh..opq", b""),
            "it leads out of the directory",
        ),
        (
            Tar::default().pax(&[("SCHILY.xattr.security.capability", b"junk")]).file("x", b""),
            "a bad extended attribute",
        ),
    ] {
        let refusal = refusal(&tar.end());
        assert!(refusal.ends_with(expected), "{refusal:?} is not {expected:?}");
    }
}

#[test]
fn a_link_that_is_written_over_is_replaced_and_not_followed() {
    let place = unpacked(&Tar::default().symlink("x", "../outside/kept").file("x", b"new").end());
    place.check_outside();
    assert_eq!(fs::read(place.tree().join("x")).unwrap(), b"new");
    let place =
        unpacked(&Tar::default().symlink("x", "../outside").dir("x").file("x/y", b"z").end());
    place.check_outside();
    assert_eq!(paths(&place.tree()), ["x", "x/y"]);
}

#[test]
fn a_hard_link_to_a_symbolic_link_is_one_to_the_link_itself() {
    let place = unpacked(&Tar::default().symlink("l", "/etc/passwd").hard_link("h", "l").end());
    let found = fs::symlink_metadata(place.tree().join("h")).unwrap();
    assert!(found.file_type().is_symlink() && found.nlink() == 2);
}

#[test]
fn links_inside_of_the_layer_are_followed() {
    let place = unpacked(
        &Tar::default().dir("usr/lib").symlink("lib", "usr/lib").file("lib/x", b"x").end(),
    );
    assert_eq!(paths(&place.tree()), ["lib", "usr", "usr/lib", "usr/lib/x"]);
}

#[test]
fn attributes_are_those_of_the_entry() {
    let capability = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let owned = |header: &mut tar::Header| {
        header.set_uid(1234);
        header.set_gid(70000);
        header.set_mode(0o6751);
    };
    let tar = Tar::default()
        .entry(Head::new(b'5', "./").set(|header| header.set_mode(0o1777)), b"")
        .entry(Head::new(b'5', "d").set(owned), b"")
        .pax(&[
            ("mtime", b"1500000000.123456789"),
            ("SCHILY.xattr.security.capability", &capability),
            ("SCHILY.xattr.user.note", b"hi"),
            ("SCHILY.xattr.trusted.overlay.redirect", b"/etc"),
            ("SCHILY.xattr.user.overlay.opaque", b"y"),
            ("SCHILY.xattr.security.selinux", b"label"),
        ])
        .entry(Head::new(b'0', "d/f").set(owned), b"bytes")
        .entry(Head::new(b'2', "d/l").set(owned).link("f"), b"")
        .entry(Head::new(b'6', "d/p").set(owned), b"")
        .entry(
            Head::new(b'3', "d/c").set(owned).set(|header| {
                header.as_ustar_mut().unwrap().set_device_major(1);
                header.as_ustar_mut().unwrap().set_device_minor(3);
            }),
            b"",
        )
        .end();
    let place = unpacked(&tar);
    let tree = place.tree();
    let facts = |name: &str| {
        let found = fs::symlink_metadata(tree.join(name)).unwrap();
        (found.mode() & 0o7777, found.uid(), found.gid(), found.mtime())
    };
    assert_eq!(facts("."), (0o1777, 0, 0, 1_600_000_000));
    assert_eq!(facts("d"), (0o6751, 1234, 70000, 1_600_000_000));
    assert_eq!(facts("d/f"), (0o6751, 1234, 70000, 1_500_000_000));
    assert_eq!(facts("d/p"), (0o6751, 1234, 70000, 1_600_000_000));
    assert_eq!(facts("d/l").1, 1234);
    assert_eq!(fs::metadata(tree.join("d/f")).unwrap().mtime_nsec(), 123_456_789);
    assert_eq!(fs::metadata(tree.join("d/c")).unwrap().rdev(), rustix::fs::makedev(1, 3));
    assert_eq!(fs::read_link(tree.join("d/l")).unwrap(), Path::new("f"));
    let file = tree.join("d/f");
    assert_eq!(attribute(&file, "security.capability"), Some(capability.to_vec()));
    assert_eq!(attribute(&file, "user.note"), Some(b"hi".to_vec()));
    assert_eq!(attribute(&file, "trusted.overlay.redirect"), None);
    assert_eq!(attribute(&file, "user.overlay.opaque"), None);
}

#[test]
fn deleted_files_become_what_overlayfs_reads() {
    let tar = Tar::default()
        .dir("d")
        .file("d/.wh.gone", b"")
        .file("d/.wh..wh..opq", b"")
        .file(".wh..wh.plnk", b"")
        .file("implied/.wh.x", b"")
        .end();
    let tree = unpacked(&tar);
    let tree = tree.tree();
    assert_eq!(paths(&tree), ["d", "d/gone", "implied", "implied/x"]);
    assert!(is_whiteout(&tree.join("d/gone")) && is_whiteout(&tree.join("implied/x")));
    assert_eq!(attribute(&tree.join("d"), "trusted.overlay.opaque"), Some(b"y".to_vec()));
    assert_eq!(attribute(&tree.join("implied"), "trusted.overlay.opaque"), None);
}

#[test]
fn a_file_that_is_deleted_and_made_again_is_there_whichever_comes_first() {
    for tar in [
        Tar::default().file(".wh.f", b"").file("f", b"new").file(".wh.d", b"").dir("d"),
        Tar::default().file("f", b"new").file(".wh.f", b"").dir("d").file(".wh.d", b""),
    ] {
        let place = unpacked(&tar.end());
        assert_eq!(fs::read(place.tree().join("f")).unwrap(), b"new");
        // Nothing of the directory below shows through the new one.
        let opaque = attribute(&place.tree().join("d"), "trusted.overlay.opaque");
        assert_eq!(opaque, Some(b"y".to_vec()));
    }
}

#[test]
fn overlayfs_shows_two_layers_as_the_image_means_them() {
    let place = Place::new();
    let lower = Tar::default().file("a", b"lower").file("d/old", b"").file("e/old", b"").end();
    let upper = Tar::default()
        .file(".wh.a", b"")
        .dir("d")
        .file("d/new", b"")
        .file("d/.wh..wh..opq", b"")
        .end();
    let dir = place.dir.path();
    for (name, tar) in [("lower", lower), ("upper", upper)] {
        fs::create_dir(dir.join(name)).unwrap();
        let root = File::open(dir.join(name)).unwrap();
        unpack(&mut &*tar, root.into(), Rules::LAYER, &LayerLimits::default()).unwrap();
    }
    fs::create_dir(dir.join("merged")).unwrap();
    let script = "mount -t overlay overlay -o lowerdir=upper:lower merged && cd merged && find . -mindepth 1 | sort";
    let shown = run(dir, "unshare", &["-m", "sh", "-c", script]);
    assert_eq!(String::from_utf8_lossy(&shown), "./d\n./d/new\n./e\n./e/old\n");
}

#[test]
fn entries_of_one_name_replace_each_other_and_are_counted_once() {
    let place = Place::new();
    let tar = Tar::default()
        .file("x", &[1; 100])
        .file("x", &[2; 10])
        .dir("y/z")
        .file("y/z/f", &[3; 1000])
        .hard_link("other", "y/z/f")
        .file("y", &[4; 5])
        .symlink("y", "x")
        .end();
    let unpacked = place.unpack(&tar).unwrap();
    // The file in the directory that was replaced lives on under its other name.
    assert_eq!((unpacked.file_bytes, unpacked.entries), (10 + 1000, 7));
    assert_eq!(paths(&place.tree()), ["other", "x", "y"]);
    assert_eq!(fs::read(place.tree().join("y")).unwrap(), [2; 10]);
}

#[test]
fn names_are_bytes() {
    let name = b"caf\xe9 \n\x01";
    let place = unpacked(&Tar::default().entry(Head::new(b'0', name), b"x").end());
    let entry = fs::read_dir(place.tree()).unwrap().next().unwrap().unwrap();
    assert_eq!(entry.file_name().as_bytes(), name);
}

#[test]
fn limits_hold_before_bytes_are_written() {
    let limits = LayerLimits { entries: 3, bytes: 5000, ..LayerLimits::default() };
    let check = |tar: Tar, expected: &str| {
        let place = Place::new();
        let error = place.unpack_within(&tar.end(), &limits).unwrap_err();
        assert_eq!(chain(&error), expected);
    };
    let many = Tar::default().dir("a").dir("b").dir("c").dir("d");
    check(many, "the archive has more than 3 entries");
    check(Tar::default().file("a", &[0; 5001]), "the archive has more than 5000 bytes");
    let hole: [(&str, &[u8]); 2] = [("GNU.sparse.size", b"9000"), ("GNU.sparse.map", b"0,0")];
    check(Tar::default().pax(&hole).file("a", b""), "the archive has more than 5000 bytes");
    let huge = Head::new(b'0', "a").set(|header| header.set_size(1 << 62));
    check(Tar::default().raw(huge, b""), "the archive has more than 5000 bytes");
}

#[test]
fn holes_stay_holes() {
    let sparse: [(&str, &[u8]); 2] =
        [("GNU.sparse.size", b"1000000000"), ("GNU.sparse.map", b"999999990,4,1000000000,0")];
    let place = unpacked(&Tar::default().pax(&sparse).file("a", b"tail").end());
    let found = fs::metadata(place.tree().join("a")).unwrap();
    assert_eq!(found.len(), 1_000_000_000);
    assert!(found.blocks() * 512 < 100_000);
}

#[test]
fn what_the_tar_programs_pack_comes_out_the_same() {
    let place = Place::new();
    let source = place.dir.path().join("outside");
    fs::create_dir_all(source.join("etc/deep")).unwrap();
    write(&source.join("etc/file"), &[9; 70_000]);
    write(&source.join("etc/deep").join("x".repeat(200)), b"long");
    fs::hard_link(source.join("etc/file"), source.join("hard")).unwrap();
    symlink("/nowhere", source.join("etc/link")).unwrap();
    run(&source, "mkfifo", &["etc/fifo"]);
    run(&source, "mknod", &["etc/null", "c", "1", "3"]);
    run(&source, "chown", &["1000:2000", "etc/file", "etc/deep"]);
    run(&source, "chmod", &["4711", "etc/file"]);
    run(&source, "touch", &["-d", "2001-02-03 04:05:06.789", "etc", "etc/deep"]);
    for (program, args) in [
        ("tar", vec!["-cf", "../a.tar", "."]),
        ("tar", vec!["--format=posix", "-cf", "../a.tar", "."]),
        ("busybox", vec!["tar", "-cf", "../a.tar", "."]),
    ] {
        run(&source, program, &args);
        fs::remove_dir_all(place.tree()).unwrap();
        fs::create_dir(place.tree()).unwrap();
        place.unpack(&fs::read(place.dir.path().join("a.tar")).unwrap()).unwrap();
        // Compares contents, owners, permissions, times, links and devices.
        run(&place.tree(), "tar", &["--compare", "-f", "../a.tar"]);
        assert_eq!(paths(&place.tree()), paths(&source), "{program} {args:?}");
    }
}

#[test]
fn a_directory_that_becomes_a_link_while_it_is_written_to_leads_nowhere() {
    let place = Place::new();
    fs::create_dir(place.tree().join("d")).unwrap();
    symlink("../outside", place.tree().join("l")).unwrap();
    let tar = Tar::default().file("d/x", b"x").file("d/sub/y", b"y").file("d/kept", b"mine").end();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let root = File::open(place.tree()).unwrap();
            while !done.load(Ordering::Relaxed) {
                let exchange = rustix::fs::RenameFlags::EXCHANGE;
                rustix::fs::renameat_with(&root, "d", &root, "l", exchange).unwrap();
            }
        });
        // Until both have been met often: the directory, and the link.
        let (mut taken, mut refused) = (0, 0);
        while taken < 500 || refused < 500 {
            match place.unpack(&tar) {
                Ok(_) => taken += 1,
                Err(_) => refused += 1,
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    place.check_outside();
}
