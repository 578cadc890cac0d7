//! What is drawn of the pending operations.

use std::ffi::OsStr;

use super::*;
use crate::disk::{Disk, Exchange};
use crate::image::{Body, Node, ROOT};

/// A disk with a safe file `old` of 2,000 ones, over which twos were written and which got another name.
fn disk() -> (Disk, Ino) {
    let mut disk = Disk::new(Image::empty());
    let node = Node::new(Body::File(Vec::new()), 0o100_644);
    let file = disk.make(ROOT, OsStr::new("old"), node).unwrap();
    disk.write(file, 0, &[1; 2000]).unwrap();
    disk.sync(file).unwrap();
    disk.sync(ROOT).unwrap();
    disk.write(file, 100, &[2; 1800]).unwrap();
    disk.rename((ROOT, OsStr::new("old")), (ROOT, OsStr::new("new")), Exchange::Replace).unwrap();
    (disk, file)
}

/// The names and the bytes that cuts leave, over many seeds.
fn outcomes(cut: Cut) -> BTreeSet<(Vec<String>, Vec<u8>)> {
    let (disk, file) = disk();
    let outcome = |seed| {
        let image = disk.after(cut, &mut fastrand::Rng::with_seed(seed));
        let Body::Folder(names) = &image.node(ROOT).unwrap().body else { panic!("no folder") };
        let names = names.keys().map(|name| name.to_str().unwrap().to_owned()).collect();
        (names, image.node(file).unwrap().bytes().to_vec())
    };
    (0..500).map(outcome).collect()
}

#[test]
fn a_rename_is_never_seen_by_half() {
    for (names, _) in outcomes(Cut::Any).into_iter().chain(outcomes(Cut::Beginning)) {
        assert!(names == ["old"] || names == ["new"], "{names:?}");
    }
}

#[test]
fn every_sector_is_old_or_new() {
    let mut torn = 0;
    for (_, bytes) in outcomes(Cut::Any) {
        assert!(bytes[..100].iter().chain(&bytes[1900..]).all(|byte| *byte == 1));
        for (begin, end) in [(100, 512), (512, 1024), (1024, 1536), (1536, 1900)] {
            assert!(bytes[begin..end].iter().all(|byte| *byte == bytes[begin]), "inside a sector");
        }
        torn += usize::from(bytes[100] != bytes[1899]);
    }
    assert!(torn > 1, "no write was torn");
}

#[test]
fn a_beginning_has_no_later_operation_without_the_earlier() {
    for (names, bytes) in outcomes(Cut::Beginning) {
        let is_written = bytes[100..1900].iter().all(|byte| *byte == 2);
        assert!(names == ["old"] || is_written, "renamed before it was written");
    }
}

#[test]
fn a_cut_without_order_has_every_combination() {
    let found = outcomes(Cut::Any);
    for (name, is_written) in [("old", false), ("old", true), ("new", false), ("new", true)] {
        let wanted = |(names, bytes): &(Vec<String>, Vec<u8>)| {
            *names == [name] && bytes[100..1900].iter().all(|byte| (*byte == 2) == is_written)
        };
        assert!(found.iter().any(wanted), "never {name}, written: {is_written}");
    }
}

#[test]
fn the_extreme_cuts_leave_nothing_and_everything() {
    assert_eq!(outcomes(Cut::Nothing), [(vec!["old".to_owned()], vec![1; 2000])].into());
    let mut written = vec![1; 2000];
    written[100..1900].fill(2);
    assert_eq!(outcomes(Cut::Everything), [(vec!["new".to_owned()], written)].into());
}

#[test]
fn a_write_is_divided_at_the_bounds_of_sectors() {
    assert_eq!(sectors(0, 1024), [(0, 512), (512, 1024)]);
    assert_eq!(sectors(1000, 100), [(0, 24), (24, 100)]);
    assert_eq!(sectors(512, 10), [(0, 10)]);
}
