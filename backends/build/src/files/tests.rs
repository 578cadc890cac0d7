//! Files found, summed up and copied, in trees that lead elsewhere.

use std::{
    fs::{self, File},
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    },
    path::PathBuf,
};

use tempfile::TempDir;

use super::{CopyHow, copy, find::find, find_owner, make_directory, sum::sum};

/// A context, an image, and something that belongs to neither.
struct Rig {
    dir: TempDir,
}

impl Rig {
    fn new() -> Self {
        let rig = Self { dir: tempfile::tempdir().unwrap() };
        for name in ["context/dir/sub", "image/etc", "outside"] {
            fs::create_dir_all(rig.at(name)).unwrap();
        }
        for (path, text) in [
            ("context/a.txt", "a"),
            ("context/b.txt", "b"),
            ("context/dir/sub/y", "y"),
            ("outside/secret", "of the host"),
            ("image/etc/passwd", "root:x:0:0::/:/bin/sh\nown:x:41:42::/:/bin/sh\n"),
            ("image/etc/group", "root:x:0:\nown:x:77:\n"),
        ] {
            fs::write(rig.at(path), text).unwrap();
        }
        rig
    }

    fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn open(&self, path: &str) -> OwnedFd {
        File::open(self.at(path)).unwrap().into()
    }

    fn found(&self, pattern: &str) -> Result<Vec<String>, String> {
        find(&self.open("context").as_fd(), pattern).map_err(|error| error.to_string())
    }

    /// Copies to a place of the image; gives why it failed.
    fn copied(&self, path: &str, target: &str, how: CopyHow) -> Result<(), String> {
        let (context, image) = (self.open("context"), self.open("image"));
        let name = path.rsplit('/').next().unwrap();
        let copied = copy(context.as_fd(), path, name, image.as_fd(), target, how);
        copied.map_err(|error| error.to_string())
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at("image").join(path)).unwrap()
    }
}

const ROOTS: CopyHow = CopyHow { owner: Some((0, 0)), mode: None, unpacks: false };

#[test]
fn a_path_is_itself_and_a_pattern_all_that_match() {
    let rig = Rig::new();
    assert_eq!(rig.found("./a.txt").unwrap(), ["a.txt"]);
    assert_eq!(rig.found("/dir/../dir/sub").unwrap(), ["dir/sub"]);
    assert_eq!(rig.found(".").unwrap(), [""]);
    assert_eq!(rig.found("*.txt").unwrap(), ["a.txt", "b.txt"]);
    assert_eq!(rig.found("d*/s?b/*").unwrap(), ["dir/sub/y"]);
    assert!(rig.found("*.md").unwrap_err().contains("no source files were specified"));
    assert!(rig.found("nosuch").unwrap_err().contains("stat nosuch: file does not exist"));
    assert!(rig.found("../outside/secret").unwrap_err().contains("forbidden path outside"));
}

#[test]
fn links_of_the_context_lead_nowhere_but_into_it() {
    let rig = Rig::new();
    symlink(rig.at("outside/secret"), rig.at("context/absolute")).unwrap();
    symlink("../outside/secret", rig.at("context/relative")).unwrap();
    symlink("../outside", rig.at("context/folder")).unwrap();
    symlink("dir/sub/y", rig.at("context/inside")).unwrap();
    for path in ["absolute", "relative", "folder/secret", "fol*/secret"] {
        assert!(rig.found(path).is_err(), "{path}");
        assert!(rig.copied(path, "/got", ROOTS).is_err(), "{path}");
    }
    assert!(!rig.at("image/got").exists());
    rig.copied("inside", "/got", ROOTS).unwrap();
    assert_eq!(rig.read("got"), "y", "a link to a file is the file");
}

#[test]
fn links_of_the_image_lead_nowhere_but_into_it() {
    let rig = Rig::new();
    symlink(rig.at("outside"), rig.at("image/way")).unwrap();
    symlink("../../../../outside", rig.at("image/up")).unwrap();
    symlink("/real", rig.at("image/link")).unwrap();
    fs::create_dir(rig.at("image/real")).unwrap();
    for target in ["/way/got", "/up/got", "/way/", "/up/deep/er/"] {
        // It fails, or goes where the image has such a path.
        let _ = rig.copied("a.txt", target, ROOTS);
        let _ = make_directory(rig.open("image").as_fd(), target);
    }
    let names: Vec<_> = fs::read_dir(rig.at("outside")).unwrap().collect();
    assert_eq!(names.len(), 1, "{names:?}");
    rig.copied("a.txt", "/link/", ROOTS).unwrap();
    assert_eq!(rig.read("real/a.txt"), "a");
}

#[test]
fn what_is_copied_gets_the_owner_and_the_permissions_that_are_asked_for() {
    let rig = Rig::new();
    fs::set_permissions(rig.at("context/a.txt"), fs::Permissions::from_mode(0o751)).unwrap();
    rig.copied("a.txt", "/new/place/a", ROOTS).unwrap();
    let own = CopyHow { owner: Some((5, 6)), mode: Some(0o640), unpacks: false };
    rig.copied("dir", "/own", own).unwrap();
    let mode = |path: &str| {
        let stat = fs::metadata(rig.at("image").join(path)).unwrap();
        (stat.mode() & 0o7777, stat.uid(), stat.gid())
    };
    assert_eq!((mode("new/place/a"), mode("new/place")), ((0o751, 0, 0), (0o755, 0, 0)));
    assert_eq!((mode("own"), mode("own/sub/y")), ((0o640, 5, 6), (0o640, 5, 6)));
}

#[test]
fn a_sum_is_of_names_bytes_and_permissions_and_not_of_times() {
    let rig = Rig::new();
    let of = |path: &str| sum(rig.open("context").as_fd(), path).unwrap();
    let (file, dir) = (of("a.txt"), of("dir"));
    assert!(!file.is_directory && dir.is_directory);
    let inner = File::options().write(true).open(rig.at("context/dir/sub/y")).unwrap();
    inner.set_modified(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(of("dir"), dir);
    fs::set_permissions(rig.at("context/dir/sub/y"), fs::Permissions::from_mode(0o600)).unwrap();
    let changed = of("dir");
    assert_ne!(changed, dir);
    fs::rename(rig.at("context/dir/sub/y"), rig.at("context/dir/sub/z")).unwrap();
    assert_ne!(of("dir"), changed);
    fs::write(rig.at("context/a.txt"), "b").unwrap();
    assert_ne!(of("a.txt"), file);
}

#[test]
fn owners_are_numbers_or_names_of_the_image() {
    let rig = Rig::new();
    let image = rig.open("image");
    let of = |text: &str| find_owner(image.as_fd(), text).map_err(|error| error.to_string());
    assert_eq!(of("own"), Ok((41, 77)));
    assert_eq!(of("own:5"), Ok((41, 5)));
    assert_eq!(of("7"), Ok((7, 7)));
    assert!(of("nosuch").unwrap_err().contains("can't find uid for user nosuch"));
    assert!(of("7:nosuch").unwrap_err().contains("can't find gid for group nosuch"));
    assert!(of(":").is_err() && of("own:").is_err());
}
