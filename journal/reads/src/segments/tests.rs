//! Segments go on after a restart, tell of damage, and are bounded.

use std::{fs, path::Path, time::Duration};

use journal_log::Timestamp;

use super::{Found, Kept, Segments, entries, numbers, path};
use crate::entry::{Entry, LeftOut, frame};

/// A segment of this test is full with some twenty entries.
const KEPT: Kept = Kept { segment_bytes: 256, bytes: 1 << 20, age: Duration::MAX };

fn entry(count: u64) -> Entry {
    Entry::LeftOut(LeftOut { from: Timestamp::ZERO, to: Timestamp::ZERO, count })
}

fn write(segments: &mut Segments, count: u64) {
    segments.write(&frame(&[entry(count)]).unwrap(), Timestamp::ZERO).unwrap();
}

/// Fills the segment that is written, so that the next frame begins another.
fn fill(segments: &mut Segments) {
    let frame = frame(&vec![entry(1); 100]).unwrap();
    assert!(frame.len() as u64 > KEPT.segment_bytes);
    segments.write(&frame, Timestamp::ZERO).unwrap();
}

fn counts(dir: &Path) -> Vec<u64> {
    let found = entries(dir).unwrap().map(|found| {
        let Ok(Found::Entry(Entry::LeftOut(left_out))) = found else { panic!("{found:?}") };
        left_out.count
    });
    found.collect()
}

#[test]
fn a_directory_without_segments_has_no_entries() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(counts(&dir.path().join("none")), [] as [u64; 0]);
}

#[test]
fn a_restart_goes_on_behind_what_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    write(&mut Segments::new(dir.path().into(), KEPT), 1);
    let file = path(dir.path(), 1);
    let mut bytes = fs::read(&file).unwrap();
    bytes.extend_from_slice(b"torn");
    fs::write(&file, bytes).unwrap();
    assert_eq!(counts(dir.path()), [1], "the torn end is none yet");
    write(&mut Segments::new(dir.path().into(), KEPT), 2);
    assert_eq!(counts(dir.path()), [1, 2]);
    assert_eq!(numbers(dir.path()).unwrap(), [1]);
}

#[test]
fn damage_within_is_told_of_and_the_rest_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut segments = Segments::new(dir.path().into(), KEPT);
    write(&mut segments, 1);
    fill(&mut segments);
    write(&mut segments, 2);
    let file = path(dir.path(), 1);
    let mut bytes = fs::read(&file).unwrap();
    bytes[40] ^= 1;
    fs::write(&file, bytes).unwrap();
    let found: Vec<_> = entries(dir.path()).unwrap().map(Result::unwrap).collect();
    let [Found::Entry(_), Found::Damaged { path, at_byte }, Found::Entry(last)] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!((path, *last == entry(2)), (&file, true));
    assert!(*at_byte < 40);
}

#[test]
fn the_oldest_segments_go_when_there_is_too_much() {
    let dir = tempfile::tempdir().unwrap();
    let kept = Kept { bytes: 1500, ..KEPT };
    let mut segments = Segments::new(dir.path().into(), kept);
    for _ in 0..4 {
        fill(&mut segments);
        write(&mut segments, 1);
    }
    let mut left = numbers(dir.path()).unwrap();
    left.sort_unstable();
    assert_eq!(left.last(), Some(&5), "{left:?}");
    assert!(left.len() > 1 && !left.contains(&1), "{left:?}");
}

#[test]
fn segments_go_when_they_are_too_old() {
    let dir = tempfile::tempdir().unwrap();
    let mut segments = Segments::new(dir.path().into(), Kept { age: Duration::ZERO, ..KEPT });
    fill(&mut segments);
    let later = Timestamp::from_unix_nanos(u64::MAX / 2);
    segments.write(&frame(&[entry(2)]).unwrap(), later).unwrap();
    assert_eq!(counts(dir.path()), [2]);
}
