//! The ring: what is written is found, and nothing else is.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use journal_log::conformance::{command_draft, epoch_draft};
use journal_log::{Chain, Epoch, Record, Seq, Tail, Timestamp};

use super::frame::{Frame, HEAD_BYTES};
use super::header::HEADERS_BYTES;
use super::{PAGE_BYTES, Ring, RingError};
use crate::witness::Placement;

const CLUSTER: [u8; 16] = *b"a journal's name";

struct Fixture {
    folder: tempfile::TempDir,
    chain: Chain,
    groups: Vec<Vec<Record>>,
}

impl Fixture {
    fn new(area_pages: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Ring::create(&folder.path().join("tail.ring"), area_pages * PAGE_BYTES, CLUSTER).unwrap();
        let chain = Chain::new(Tail { epoch: Epoch::new(1), ..Tail::GENESIS });
        Self { folder, chain, groups: Vec::new() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("tail.ring")
    }

    fn open(&self) -> Ring {
        Ring::open(&self.path()).unwrap().unwrap()
    }

    /// Writes `count` groups of two records; each third one has bodies of more than a page.
    fn write(&mut self, count: u64) -> Vec<u64> {
        let ring = self.open();
        let area_bytes = ring.area_bytes();
        let (file, header, spans) = ring.into_parts();
        let mut placement = Placement::new(area_bytes, &spans);
        let mut offsets = Vec::new();
        for number in 0..count {
            let first =
                if self.groups.is_empty() { epoch_draft() } else { command_draft(number, 9) };
            let second = command_draft(number, if number % 3 == 2 { 5000 } else { 100 });
            let group = self.chain.group(Timestamp::ZERO, vec![first, second]);
            let frame = Frame::build(Vec::new(), &header.nonce, 1, &group);
            let place = placement.place(frame.bytes().len() as u64, frame.last());
            file.write_all_at(frame.bytes(), place.offset).unwrap();
            offsets.push(place.offset);
            self.groups.push(group);
        }
        offsets
    }

    /// Checks that the ring has exactly the groups from `from` to `to`, counted from zero.
    fn check(&self, from: usize, to: usize) {
        let ring = self.open();
        let found: Vec<Vec<Record>> =
            ring.spans().iter().map(|span| ring.records(span).unwrap()).collect();
        assert_eq!(found, self.groups[from..to]);
        assert_eq!(ring.cluster(), CLUSTER);
        assert_eq!(ring.head(), Seq::new(2 * to as u64));
        assert_eq!(ring.acknowledged(), Seq::new(2 * to as u64 - 2));
    }
}

fn flip(path: &Path, at: u64) {
    let file = fs::File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 4], at).unwrap();
}

#[test]
fn an_empty_ring_is_found_empty() {
    let fixture = Fixture::new(20);
    let ring = fixture.open();
    assert_eq!(
        (ring.head(), ring.covered(), ring.area_bytes()),
        (Seq::GENESIS, None, 20 * PAGE_BYTES)
    );
    assert!(Ring::open(&fixture.folder.path().join("none")).unwrap().is_none());
}

#[test]
fn what_was_written_is_found_also_after_many_rounds() {
    let mut fixture = Fixture::new(16);
    fixture.write(9);
    fixture.check(0, 9);
    for round in 1..6 {
        fixture.write(11);
        let to = 9 + 11 * round;
        let covered = fixture.open().covered().unwrap();
        let from = usize::try_from((covered.start().get() - 1) / 2).unwrap();
        assert!(to - from >= 8, "{} groups of about 1.3 pages fit", to - from);
        fixture.check(from, to);
    }
}

#[test]
fn a_torn_frame_takes_nothing_but_itself() {
    let mut fixture = Fixture::new(64);
    let offsets = fixture.write(9);
    let last = *offsets.last().unwrap();
    for at in [0, 5, 30, HEAD_BYTES as u64, PAGE_BYTES + 700] {
        flip(&fixture.path(), last + at);
        fixture.check(0, 8);
        flip(&fixture.path(), last + at);
    }
    fixture.check(0, 9);
    flip(&fixture.path(), offsets[3]);
    fixture.check(4, 9);
}

#[test]
fn a_file_cut_short_keeps_the_frames_before() {
    let mut fixture = Fixture::new(64);
    let offsets = fixture.write(6);
    let file = fs::File::options().write(true).open(fixture.path()).unwrap();
    file.set_len(offsets[5] + 100).unwrap();
    fixture.check(0, 5);
    file.set_len(100).unwrap();
    assert_eq!(fixture.open().head(), Seq::GENESIS);
}

#[test]
fn one_damaged_header_is_mended_and_two_are_refused() {
    let mut fixture = Fixture::new(16);
    fixture.write(3);
    flip(&fixture.path(), 30);
    fixture.check(0, 3);
    fixture.open().mend_header().unwrap();
    flip(&fixture.path(), PAGE_BYTES + 80);
    fixture.check(0, 3);
    flip(&fixture.path(), 60);
    assert!(matches!(Ring::open(&fixture.path()), Err(RingError::Header)));
}

#[test]
fn bytes_that_look_like_a_frame_of_another_ring_are_passed_over() {
    let mut fixture = Fixture::new(64);
    fixture.write(2);
    let other = Fixture::new(64);
    let (_, header, _) = other.open().into_parts();
    let forged = fixture.chain.clone().group(Timestamp::ZERO, vec![command_draft(1, 1)]);
    let frame = Frame::build(Vec::new(), &header.nonce, 1, &forged);
    let file = fs::File::options().write(true).open(fixture.path()).unwrap();
    file.write_all_at(frame.bytes(), HEADERS_BYTES + 40 * PAGE_BYTES).unwrap();
    fixture.check(0, 2);
}

#[test]
fn a_group_that_was_written_again_counts_once() {
    let mut fixture = Fixture::new(64);
    fixture.write(4);
    let ring = fixture.open();
    ring.add(&fixture.groups[3]).unwrap();
    fixture.check(0, 4);
}
