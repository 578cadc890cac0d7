//! A context that is an archive still, beside the same one unpacked. These tests need root, as unpacking does.

use std::{fs, os::fd::AsRawFd as _, sync::Arc};

use backends_images::{ExtractOptions, LayerLimits, Spool};
use tempfile::TempDir;

use super::Context;
use crate::files::Tree;

const RULES: ExtractOptions = ExtractOptions {
    keep_kinds: false,
    owner: Some((0, 0)),
    mode: None,
    limits: LayerLimits::DEFAULT,
};

/// Packs files; a text that begins with an arrow is a link.
fn packed(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (at, (name, text)) in files.iter().enumerate() {
        let mut header = tar::Header::new_gnu();
        header.set_mode(if at % 2 == 0 { 0o640 } else { 0o755 });
        header.set_uid(1000);
        header.set_gid(1000);
        header.set_size(0);
        if let Some(to) = text.strip_prefix("->") {
            header.set_entry_type(tar::EntryType::Symlink);
            builder.append_link(&mut header, name, to).unwrap();
        } else if name.ends_with('/') {
            header.set_entry_type(tar::EntryType::Directory);
            builder.append_data(&mut header, name, &[][..]).unwrap();
        } else {
            header.set_size(text.len() as u64);
            builder.append_data(&mut header, name, text.as_bytes()).unwrap();
        }
    }
    builder.into_inner().unwrap()
}

/// Takes an archive in, as it comes, or unpacked at once.
fn context(archive: &[u8], at_once: bool) -> (Context, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::take(archive, tempfile::tempfile().unwrap(), LayerLimits::DEFAULT).unwrap();
    let context = Context::packed(dir.path(), spool, RULES).unwrap();
    if !at_once {
        return (context, dir);
    }
    context.root().unwrap();
    (Context::open(dir.path()).unwrap(), dir)
}

fn is_empty(dir: &TempDir) -> bool {
    fs::read_dir(dir.path()).unwrap().next().is_none()
}

const FILES: &[(&str, &str)] = &[
    ("Dockerfile", "FROM scratch"),
    ("a.txt", "a"),
    ("b.txt", "bb"),
    ("dir/", ""),
    ("dir/sub/y", "y"),
    ("dir/away", "->/etc/passwd"),
    ("dir-2/z", "z"),
];

#[test]
fn names_and_sums_are_those_of_the_files_and_nothing_is_unpacked_for_them() {
    let archive = packed(FILES);
    let (packed, dir) = context(&archive, false);
    let (unpacked, _files) = context(&archive, true);
    let [packed, unpacked] = [packed, unpacked].map(|context| Tree::Context(Arc::new(context)));
    for text in ["*", "*.txt", ".", "dir", "d*/s?b/*", "dir/../b.txt", "/a.txt", "no", "../x", "n*"]
    {
        let found = |tree: &Tree| tree.find(text).map_err(|error| error.to_string());
        assert_eq!(found(&packed), found(&unpacked), "{text}");
        for path in found(&packed).unwrap_or_default() {
            let sum = |tree: &Tree| tree.sum(&path).map_err(|error| error.to_string());
            assert_eq!(sum(&packed), sum(&unpacked), "{path}");
        }
    }
    assert!(is_empty(&dir));
    assert!(packed.root().unwrap().as_raw_fd() > 0);
    assert_eq!(fs::read_to_string(dir.path().join("dir/sub/y")).unwrap(), "y");
}

#[test]
fn a_sum_sees_bytes_permissions_and_names_of_an_archive() {
    let sum = |files: &[(&str, &str)]| {
        let (context, _dir) = context(&packed(files), false);
        Tree::Context(Arc::new(context)).sum("").unwrap()
    };
    let first = sum(&[("a", "a"), ("b", "b")]);
    assert_eq!(sum(&[("a", "a"), ("b", "b")]), first);
    for other in [
        [("a", "a"), ("b", "c")],
        [("a", "a"), ("c", "b")],
        [("a", "ab"), ("b", "")],
        // Every other file is a program.
        [("b", "b"), ("a", "a")],
    ] {
        assert_ne!(sum(&other), first, "{other:?}");
    }
}

#[test]
fn what_a_link_leads_to_is_found_among_the_files() {
    let mut files = FILES.to_vec();
    files.extend([("link", "->dir/sub"), ("l.txt", "->a.txt"), ("out", "->/etc")]);
    let archive = packed(&files);
    let (unpacked, _files) = context(&archive, true);
    let unpacked = Tree::Context(Arc::new(unpacked));
    for text in ["link", "l.txt", "*.txt", "link/*", "link/y", "out/passwd", "out"] {
        let (packed, _dir) = context(&archive, false);
        let packed = Tree::Context(Arc::new(packed));
        let sums = |tree: &Tree| -> Result<Vec<_>, String> {
            let found = tree.find(text).map_err(|error| error.to_string())?;
            let sum = |path: &String| tree.sum(path).map_err(|error| error.to_string());
            found.iter().map(sum).collect()
        };
        assert_eq!(sums(&packed), sums(&unpacked), "{text}");
    }
}

#[test]
fn what_is_ignored_is_neither_listed_nor_unpacked() {
    let mut files = FILES.to_vec();
    files.push((".dockerignore", ".dockerignore\nDockerfile\n"));
    let (mut context, dir) = context(&packed(&files), false);
    assert_eq!(context.dockerfile("./Dockerfile").unwrap().instructions.len(), 1);
    assert!(context.dockerfile("dir").is_err() && context.dockerfile("nosuch").is_err());
    context.ignore("Dockerfile", false).unwrap();
    assert!(is_empty(&dir));
    let tree = Tree::Context(Arc::new(context));
    assert!(tree.find("Dockerfile").is_err());
    assert_eq!(tree.find("*.txt").unwrap(), ["a.txt", "b.txt"]);
    tree.root().unwrap();
    assert!(!dir.path().join("Dockerfile").exists() && !dir.path().join(".dockerignore").exists());
    assert!(dir.path().join("a.txt").exists());
}

#[test]
fn a_dockerfile_may_be_a_link_and_is_found_inside_of_the_context() {
    for (to, is_there) in [("sub/real", true), ("../../../etc/passwd", false)] {
        let link = format!("->{to}");
        let files = [
            ("Dockerfile", link.as_str()),
            ("sub/real", "FROM scratch"),
            (".dockerignore", "Dockerfile"),
        ];
        let (mut context, dir) = context(&packed(&files), false);
        assert_eq!(context.dockerfile("Dockerfile").is_ok(), is_there, "{to}");
        context.ignore("Dockerfile", false).unwrap();
        context.root().unwrap();
        assert!(fs::symlink_metadata(dir.path().join("Dockerfile")).is_err());
        assert!(dir.path().join("sub/real").exists(), "the link goes, not what it leads to");
    }
}

#[test]
fn a_context_that_cannot_be_unpacked_fails_each_time() {
    let archive = packed(FILES);
    let (context, dir) = context(&archive, false);
    fs::write(dir.path().join("in the way"), "").unwrap();
    for _ in 0..2 {
        let error = context.root().unwrap_err().to_string();
        assert_eq!(error, "the context could not be unpacked");
    }
}
