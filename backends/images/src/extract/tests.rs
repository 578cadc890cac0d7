//! Archives that clients send, and archives and trees that want to reach what is outside.

use std::{
    fs::{self, File},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use tempfile::TempDir;

use super::{ExtractOptions, Extracted, UnpackError, extract};
use crate::tests::{Head, Tar, chain, gzip, paths, swaps, tell_swaps, write};

/// A directory `tree`, and `outside`, which must stay as it is.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["tree", "outside", "outside/directory"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        write(&dir.path().join("outside/kept"), b"kept");
        Self(dir)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn extract(&self, archive: &[u8]) -> Result<Extracted, UnpackError> {
        self.extract_with(archive, ExtractOptions::default())
    }

    fn extract_with(
        &self,
        archive: &[u8],
        options: ExtractOptions,
    ) -> Result<Extracted, UnpackError> {
        extract(archive, File::open(self.at("tree")).unwrap().into(), &options)
    }

    fn check_outside(&self) {
        assert_eq!(paths(&self.at("outside")), ["directory", "kept"]);
        let kept = fs::metadata(self.at("outside/kept")).unwrap();
        let directory = fs::metadata(self.at("outside/directory")).unwrap();
        assert_eq!((kept.mode() & 0o7777, kept.uid(), kept.nlink()), (0o644, 0, 1));
        assert_eq!((directory.mode() & 0o7777, directory.uid()), (0o755, 0));
        assert_eq!(fs::read(self.at("outside/kept")).unwrap(), b"kept");
    }
}

fn owned(head: Head, uid: u64) -> Head {
    head.set(|header| {
        header.set_uid(uid);
        header.set_gid(uid + 1);
        header.set_mode(0o2750);
    })
}

#[test]
fn what_is_sent_is_there_with_its_attributes() {
    let place = Place::new();
    let tar = Tar::default()
        .entry(owned(Head::new(b'5', "d"), 1000), b"")
        .pax(&[("mtime", b"1577934245.123456789")])
        .entry(owned(Head::new(b'0', "d/f"), 1000), b"hello")
        .symlink("d/l", "/nosuch/..")
        .hard_link("d/h", "d/f")
        .entry(owned(Head::new(b'6', "pipe"), 7), b"")
        .end();
    let extracted = place.extract(&gzip(&tar)).unwrap();
    assert_eq!(extracted.entries, 5);
    assert_eq!(extracted.digest, place.extract(&tar).unwrap().digest, "it is of the plain tar");
    let file = fs::metadata(place.at("tree/d/f")).unwrap();
    assert_eq!((file.mode() & 0o7777, file.uid(), file.gid()), (0o2750, 1000, 1001));
    assert_eq!((file.mtime(), file.mtime_nsec(), file.nlink()), (1_577_934_245, 123_456_789, 2));
    let directory = fs::metadata(place.at("tree/d")).unwrap();
    assert_eq!((directory.uid(), directory.mtime()), (1000, 1_600_000_000));
    let pipe = fs::metadata(place.at("tree/pipe")).unwrap();
    assert_eq!((pipe.mode(), pipe.uid()), (0o012_750, 7));
    assert_eq!(fs::read_link(place.at("tree/d/l")).unwrap().to_str(), Some("/nosuch/.."));
}

#[test]
fn the_directory_itself_stays_as_it_is() {
    let place = Place::new();
    fs::set_permissions(place.at("tree"), fs::Permissions::from_mode(0o711)).unwrap();
    let tar = Tar::default().entry(owned(Head::new(b'5', "./"), 9), b"").file("./f", b"").end();
    place.extract(&tar).unwrap();
    let tree = fs::metadata(place.at("tree")).unwrap();
    assert_eq!((tree.mode() & 0o7777, tree.uid()), (0o711, 0));
}

#[test]
fn names_that_mean_something_in_layers_are_names() {
    let place = Place::new();
    write(&place.at("tree/f"), b"");
    place.extract(&Tar::default().file(".wh.f", b"x").file(".wh..wh..opq", b"").end()).unwrap();
    assert_eq!(paths(&place.at("tree")), [".wh..wh..opq", ".wh.f", "f"]);
}

#[test]
fn another_owner_may_be_given_to_all() {
    let place = Place::new();
    let options = ExtractOptions { owner: Some((5, 6)), ..ExtractOptions::default() };
    let tar = Tar::default().dir("d").file("d/f", b"").symlink("l", "d").end();
    place.extract_with(&tar, options).unwrap();
    for name in ["tree/d", "tree/d/f", "tree/l"] {
        let found = fs::symlink_metadata(place.at(name)).unwrap();
        assert_eq!((found.uid(), found.gid()), (5, 6), "{name}");
    }
}

#[test]
fn directories_and_others_replace_each_other_only_if_that_is_wanted() {
    let keep = ExtractOptions { keep_kinds: true, ..ExtractOptions::default() };
    for (tar, words) in [
        (Tar::default().file("d", b""), r#"cannot overwrite directory "d" with non-directory"#),
        (Tar::default().symlink("d", "x"), r#"cannot overwrite directory "d" with non-directory"#),
        (Tar::default().dir("f"), r#"cannot overwrite non-directory "f" with directory"#),
        (Tar::default().dir("l"), r#"cannot overwrite non-directory "l" with directory"#),
    ] {
        let place = Place::new();
        fs::create_dir_all(place.at("tree/d/inner")).unwrap();
        write(&place.at("tree/f"), b"old");
        symlink("d", place.at("tree/l")).unwrap();
        let tar = tar.end();
        assert_eq!(chain(&place.extract_with(&tar, keep).unwrap_err()), words);
        assert_eq!(paths(&place.at("tree")), ["d", "d/inner", "f", "l"]);
        place.extract(&tar).unwrap();
    }
    let place = Place::new();
    write(&place.at("tree/f"), b"old");
    place.extract_with(&Tar::default().dir("d").dir("d").file("f", b"new").end(), keep).unwrap();
    assert_eq!(fs::read(place.at("tree/f")).unwrap(), b"new");
}

#[test]
fn long_runs_of_zeros_become_holes() {
    let place = Place::new();
    let mut bytes = vec![0; 8 << 20];
    bytes[4 << 20] = 1;
    place.extract(&Tar::default().file("f", &bytes).end()).unwrap();
    let file = fs::metadata(place.at("tree/f")).unwrap();
    assert_eq!(fs::read(place.at("tree/f")).unwrap(), bytes);
    assert!(file.blocks() * 512 < 1 << 20, "{} blocks", file.blocks());
}

#[test]
fn archives_that_lead_out_are_refused_and_change_nothing_outside() {
    let link = |to: &str| Tar::default().symlink("l", to);
    let up = "it leads out of the directory";
    for (tar, words) in [
        (Tar::default().file("../x", b""), "its path has `..`"),
        (Tar::default().file("a/../../x", b""), "its path has `..`"),
        (Tar::default().file("/x", b""), "its path is absolute"),
        (Tar::default().hard_link("h", "../outside/kept"), "its path has `..`"),
        (Tar::default().hard_link("h", "/etc/passwd"), "its path is absolute"),
        (link("../outside").file("l/kept", b"gone"), up),
        (link("../outside").dir("l/new"), up),
        (link("..").hard_link("h", "l/outside/kept"), up),
        (link("../outside").entry(owned(Head::new(b'6', "l/pipe"), 3), b""), up),
        (link("/").file("l/etc/passwd", b"gone"), up),
        (link("/proc/self/root").file("l/x", b""), up),
        (Tar::default().symlink("a", "b").symlink("b", "a").file("a/x", b""), up),
    ] {
        let place = Place::new();
        let error = place.extract(&tar.end()).unwrap_err();
        assert!(chain(&error).contains(words), "{}", chain(&error));
        place.check_outside();
    }
    let place = Place::new();
    // A link that leads out is a link; an entry of its name replaces it, and does nothing through it.
    let tar = link("../outside/kept").entry(owned(Head::new(b'0', "l"), 3), b"mine");
    let tar = tar.symlink("d", "../outside/directory").entry(owned(Head::new(b'5', "d"), 3), b"");
    place.extract(&tar.end()).unwrap();
    place.check_outside();
    assert_eq!(fs::read(place.at("tree/l")).unwrap(), b"mine");
}

#[test]
fn links_swapped_while_an_archive_is_extracted_lead_nowhere() {
    let place = Place::new();
    fs::create_dir(place.at("tree/d")).unwrap();
    symlink(place.at("outside/directory"), place.at("tree/swapped")).unwrap();
    symlink(place.at("outside/kept"), place.at("tree/link")).unwrap();
    let archive = Tar::default()
        .entry(owned(Head::new(b'5', "d"), 3), b"")
        .entry(owned(Head::new(b'0', "d/f"), 3), b"mine")
        .entry(owned(Head::new(b'6', "pipe"), 3), b"")
        .entry(owned(Head::new(b'0', "kept"), 3), b"mine")
        .end();
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            // What is extracted comes and goes, so that a swap may fail.
            while !ended.load(Ordering::Relaxed) {
                for (one, other) in [("d", "swapped"), ("pipe", "link"), ("kept", "link")] {
                    let (one, other) = (place.at("tree").join(one), place.at("tree").join(other));
                    let exchange = rustix::fs::RenameFlags::EXCHANGE;
                    let cwd = rustix::fs::CWD;
                    let _ = rustix::fs::renameat_with(cwd, &one, cwd, &other, exchange);
                }
            }
        });
        for _ in 0..swaps() {
            // Whether it works is a matter of luck.
            drop(place.extract(&archive));
        }
        ended.store(true, Ordering::Relaxed);
    });
    place.check_outside();
    tell_swaps();
}
