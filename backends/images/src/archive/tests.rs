//! Archives of every program at hand, and archives that no program makes.

use std::{fs, io::BufReader, os::unix::fs::FileExt, path::Path};

use proptest::prelude::*;

use super::{ArchiveError, ArchiveReader, Entry, Kind};
use crate::tests::{Head, Tar, pax, run, write};

/// Reads a whole archive: entries, and files with their holes filled in.
fn read(bytes: &[u8]) -> Result<Vec<(Entry, Vec<u8>)>, ArchiveError> {
    let mut archive = ArchiveReader::new(BufReader::with_capacity(700, bytes));
    let mut entries = Vec::new();
    while let Some(entry) = archive.next_entry()? {
        let mut stored = Vec::new();
        archive.take_data(u64::MAX, |piece| {
            stored.extend_from_slice(piece);
            Ok::<_, ArchiveError>(())
        })?;
        let mut content = stored;
        if let Some(pieces) = &entry.pieces {
            let mut whole = vec![0; entry.size_bytes as usize];
            let mut rest = content.as_slice();
            for piece in pieces {
                let (part, behind) = rest.split_at(piece.len as usize);
                whole[piece.offset as usize..][..part.len()].copy_from_slice(part);
                rest = behind;
            }
            content = whole;
        }
        entries.push((entry, content));
    }
    Ok(entries)
}

fn one(bytes: &[u8]) -> Entry {
    let mut entries = read(bytes).unwrap();
    assert_eq!(entries.len(), 1);
    entries.remove(0).0
}

fn refusal(bytes: &[u8]) -> String {
    match read(bytes) {
        Ok(entries) => panic!("taken: {entries:?}"),
        Err(error) => error.to_string(),
    }
}

fn make_tree(dir: &Path) -> String {
    let long = format!("{}/{}", "d".repeat(90), "f".repeat(90));
    fs::create_dir_all(dir.join(&long).parent().unwrap()).unwrap();
    write(&dir.join(&long), b"long");
    write(&dir.join("plain"), &[7; 1000]);
    fs::hard_link(dir.join("plain"), dir.join("second")).unwrap();
    std::os::unix::fs::symlink("t".repeat(90), dir.join("link")).unwrap();
    let sparse = fs::File::create(dir.join("sparse")).unwrap();
    for at in 0..40 {
        sparse.write_all_at(b"data", at * 100_000).unwrap();
    }
    sparse.set_len(5_000_000).unwrap();
    long
}

#[test]
fn what_gnu_tar_writes_is_read_in_each_of_its_formats() {
    let dir = tempfile::tempdir().unwrap();
    let long = make_tree(dir.path());
    for options in [
        "--format=gnu",
        "--format=oldgnu",
        "--format=ustar",
        "--format=posix",
        "--format=gnu -S",
        "--format=oldgnu -S",
        "--format=posix -S --sparse-version=0.0",
        "--format=posix -S --sparse-version=0.1",
        "--format=posix -S --sparse-version=1.0",
    ] {
        let mut args: Vec<_> = options.split(' ').collect();
        args.extend(["--sort=name", "-cf", "-", &long, "link", "plain", "second", "sparse"]);
        let entries = read(&run(dir.path(), "tar", &args)).unwrap();
        let shown: Vec<_> = entries
            .iter()
            .map(|(entry, content)| {
                (entry.kind, String::from_utf8_lossy(&entry.name), content.len())
            })
            .collect();
        assert_eq!(
            shown,
            [
                (Kind::File, long.as_str().into(), 4),
                (Kind::Symlink, "link".into(), 0),
                (Kind::File, "plain".into(), 1000),
                (Kind::HardLink, "second".into(), 0),
                (Kind::File, "sparse".into(), 5_000_000),
            ],
            "{options}"
        );
        assert_eq!((entries[1].0.link.len(), entries[3].0.link.as_slice()), (90, &b"plain"[..]));
        assert!(entries[4].1 == fs::read(dir.path().join("sparse")).unwrap(), "{options}");
        assert_eq!(entries[4].0.pieces.is_some(), options.contains("-S"), "{options}");
    }
}

#[test]
fn what_busybox_and_the_oldest_tar_write_is_read() {
    let dir = tempfile::tempdir().unwrap();
    make_tree(dir.path());
    for (program, args) in [
        ("busybox", ["tar", "-cf", "-", "link", "plain"]),
        ("tar", ["--format=v7", "-cf", "-", "link", "plain"]),
    ] {
        let entries = read(&run(dir.path(), program, &args)).unwrap();
        assert_eq!(entries[0].0.kind, Kind::Symlink);
        assert_eq!(entries[1].1, [7; 1000]);
    }
}

#[test]
fn numbers_are_octal_or_binary() {
    let entry = one(&Tar::default()
        .entry(
            Head::new(b'3', "dev").set(|header| {
                header.set_uid(u64::from(u32::MAX) - 1);
                header.set_gid(0o7_777_777);
                header.as_ustar_mut().unwrap().set_device_major(10);
                header.as_ustar_mut().unwrap().set_device_minor(200);
                header.as_old_mut().mtime = [0xff; 12];
                header.as_old_mut().mode = *b" 4755 \0 ";
            }),
            b"",
        )
        .end());
    assert_eq!((entry.uid, entry.gid, entry.device), (u32::MAX - 1, 0o7_777_777, (10, 200)));
    assert_eq!((entry.mtime, entry.mode), ((-1, 0), 0o4755));
}

#[test]
fn extended_headers_say_what_headers_cannot() {
    let name = "n".repeat(300);
    let entry = one(&Tar::default()
        .pax(&[
            ("path", name.as_bytes()),
            ("mtime", b"-1.25"),
            ("uid", b"3000000"),
            ("comment", b""),
            ("SCHILY.xattr.user.a", b"1\n2=\0"),
        ])
        .file("short", b"x")
        .end());
    assert_eq!((entry.name, entry.mtime, entry.uid), (name.into(), (-2, 750_000_000), 3_000_000));
    assert_eq!(entry.xattrs, [(b"user.a".to_vec(), b"1\n2=\0".to_vec())]);
}

#[test]
fn the_size_of_a_file_that_octal_cannot_hold_is_taken_from_the_extended_header() {
    let size = 0o77_777_777_777_u64 + 1;
    let size_text = size.to_string();
    let tar = Tar::default().pax(&[("size", size_text.as_bytes())]).file("big", b"").end();
    let mut archive = ArchiveReader::new(tar.as_slice());
    assert_eq!(archive.next_entry().unwrap().unwrap().stored_bytes, size);
    assert!(matches!(archive.next_entry(), Err(ArchiveError::Truncated { .. })));
}

#[test]
fn an_archive_may_end_without_its_end_and_with_rubbish_behind_it() {
    let whole = Tar::default().file("a", b"x").end();
    for end in [whole.len() - 1024, whole.len() - 512, whole.len()] {
        assert_eq!(read(&whole[..end]).unwrap().len(), 1);
    }
    assert_eq!(read(&[&*whole, b"rubbish"].concat()).unwrap().len(), 1);
    assert_eq!(read(b"").unwrap().len(), 0);
}

#[test]
fn a_truncated_archive_is_never_a_whole_one() {
    let whole = Tar::default().pax(&[("path", b"other")]).file("a", &[1; 600]).dir("d").end();
    for end in 0..whole.len() - 1024 {
        let at_entry = end == 0 || end == 1024 + 512 + 1024;
        assert_eq!(read(&whole[..end]).is_ok(), at_entry, "cut at {end}");
    }
}

#[test]
fn what_readers_disagree_about_is_refused() {
    let head = |type_flag, name: &str| Head::new(type_flag, name);
    let with = |records: &[(&str, &[u8])]| Tar::default().pax(records).file("a", b"data").end();
    let global =
        |records: &[(&str, &[u8])]| Tar::default().entry(head(b'g', "g"), &pax(records)).end();
    let sized = |type_flag| Tar::default().entry(head(type_flag, "a").link("b"), b"data").end();
    for (bytes, expected) in [
        (with(&[("size", b"3")]), "two sizes that contradict each other"),
        (with(&[("path", b"a\0b")]), "a name with a zero byte"),
        (with(&[("uid", b"-1")]), "a bad number in an extended header"),
        (with(&[("uid", b"4294967295")]), "a bad owner"),
        (with(&[("mtime", b"1.2.3")]), "a bad time in an extended header"),
        (
            Tar::default().pax(&[]).pax(&[]).file("a", b"").end(),
            "two extended headers of one kind for one entry",
        ),
        (
            Tar::default().entry(head(b'x', "x"), b"9 path=a").file("a", b"").end(),
            "a bad line in an extended header",
        ),
        (
            Tar::default()
                .entry(head(b'x', "x"), b"99999999999999999999 a=b\n")
                .file("a", b"")
                .end(),
            "a bad number in an extended header",
        ),
        (
            Tar::default()
                .pax(&[("path", b"one")])
                .entry(head(b'L', "L"), b"two\0")
                .file("a", b"")
                .end(),
            "two names that contradict each other",
        ),
        (
            Tar::default().entry(head(b'L', "L"), b"a\0b").file("a", b"").end(),
            "a name with a zero byte",
        ),
        (global(&[("path", b"x")]), "a global header that sets names, sizes or owners"),
        (global(&[("GNU.sparse.size", b"1")]), "a global header that sets contents or attributes"),
        (sized(b'2'), "an entry that has data and is not a file"),
        (sized(b'5'), "an entry that has data and is not a file"),
        (Tar::default().entry(head(b'M', "a"), b"").end(), "an entry of an unknown type"),
        (Tar::default().entry(head(b'S', "a"), b"").end(), "a sparse file without a GNU header"),
        (Tar::default().bytes(&[0; 512]).file("a", b"").end(), "a lone block of zeros"),
        (Tar::default().bytes(b"no archive at all").end(), "the checksum is wrong"),
        (
            Tar::default().raw(head(b'L', "L").set(|header| header.set_size(2 << 20)), b"").end(),
            "an extended header or long name of more than 1 MiB",
        ),
        (
            Tar::default()
                .raw(head(b'0', "a").set(|header| header.as_old_mut().size = [0xff; 12]), b"")
                .end(),
            "a bad size",
        ),
        (
            with(&[("GNU.sparse.map", b"0,4,2,0"), ("GNU.sparse.size", b"9")]),
            "parts of a sparse file that overlap or lie outside of it",
        ),
        (
            with(&[("GNU.sparse.map", b"8,4"), ("GNU.sparse.size", b"9")]),
            "parts of a sparse file that overlap or lie outside of it",
        ),
        (
            with(&[("GNU.sparse.map", b"0,3"), ("GNU.sparse.size", b"9")]),
            "a sparse file with more or less data than parts",
        ),
        (
            with(&[("GNU.sparse.map", b"0"), ("GNU.sparse.size", b"9")]),
            "a bad map of a sparse file",
        ),
        (
            with(&[("GNU.sparse.major", b"2"), ("GNU.sparse.realsize", b"9")]),
            "a sparse file of an unknown form",
        ),
        (
            with(&[("GNU.sparse.major", b"1"), ("GNU.sparse.realsize", b"9")]),
            "a map of a sparse file that is cut off",
        ),
    ] {
        let refusal = refusal(&bytes);
        assert!(refusal.ends_with(expected), "{refusal:?} is not {expected:?}");
    }
}

#[test]
fn a_flipped_bit_in_a_header_is_seen() {
    let whole = Tar::default().file("a", b"").end();
    // A zero before the checksum may be a blank as well.
    for bit in (0..512 * 8).filter(|bit| !(148..156).contains(&(bit / 8))) {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(read(&bytes).is_err(), "bit {bit}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn no_bytes_make_the_reader_panic(
        seed in prop::collection::vec(any::<u8>(), 0..600), changes in prop::collection::vec((0..4000_usize, any::<u8>()), 0..8)
    ) {
        let mut bytes = Tar::default()
            .pax(&[("GNU.sparse.major", b"1"), ("GNU.sparse.realsize", b"900"), ("mtime", b"1.5")])
            .file("a", &[b'1', b'\n', b'0', b'\n', b'9', b'\n'].repeat(100))
            .entry(Head::new(b'L', "L"), b"long\0")
            .file("b", &seed)
            .end();
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
            // The checksum is made right again, so that what it guards is reached.
            let start = at - at % 512;
            let mut header = tar::Header::new_old();
            header.as_mut_bytes().copy_from_slice(&bytes[start..start + 512]);
            header.set_cksum();
            bytes[start..start + 512].copy_from_slice(header.as_bytes());
        }
        drop(read(&bytes));
    }
}
