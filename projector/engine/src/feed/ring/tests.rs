//! Tests of the ring.

use journal_log::{Seq, Timestamp};
use projector_machine::Stamp;
use projector_machine::testkit::{CounterEvent, Counters};

use super::{BYTES_MAX, ITEMS_MAX, Ring};
use crate::FeedItem;

fn item(seq: u64) -> FeedItem<Counters> {
    let stamp = Stamp { seq: Seq::new(seq), at: Timestamp::ZERO };
    FeedItem { stamp, events: [CounterEvent::Broken].into() }
}

fn seqs(ring: &Ring<Counters>, from: u64, most: usize) -> Option<(Vec<u64>, u64)> {
    let chunk = ring.after(Seq::new(from), most)?;
    Some((chunk.items.iter().map(|item| item.stamp.seq.get()).collect(), chunk.next.get()))
}

#[test]
fn a_ring_knows_nothing_of_what_was_before_it() {
    let ring = Ring::new(Seq::new(5));
    assert_eq!(seqs(&ring, 5, 9), None);
    assert_eq!(seqs(&ring, 6, 9), Some((vec![], 6)));
}

#[test]
fn places_without_events_are_skipped() {
    let mut ring = Ring::new(Seq::new(5));
    ring.push(item(7), 1);
    ring.push(item(9), 1);
    ring.advance(Seq::new(11));
    assert_eq!(seqs(&ring, 6, 9), Some((vec![7, 9], 12)));
    assert_eq!(seqs(&ring, 6, 1), Some((vec![7], 8)));
    assert_eq!(seqs(&ring, 8, 1), Some((vec![9], 12)));
    assert_eq!(seqs(&ring, 10, 9), Some((vec![], 12)));
}

#[test]
fn the_oldest_gives_way_when_there_are_too_many() {
    let mut ring = Ring::new(Seq::GENESIS);
    for seq in 1..=ITEMS_MAX as u64 + 3 {
        ring.push(item(seq), 1);
    }
    assert_eq!(seqs(&ring, 3, 1), None);
    assert_eq!(seqs(&ring, 4, 1), Some((vec![4], 5)));
}

#[test]
fn the_oldest_gives_way_when_they_are_too_large() {
    let mut ring = Ring::new(Seq::GENESIS);
    for seq in 1..=3 {
        ring.push(item(seq), BYTES_MAX / 2);
    }
    assert_eq!(seqs(&ring, 1, 9), None);
    assert_eq!(seqs(&ring, 2, 9), Some((vec![2, 3], 4)));
}
