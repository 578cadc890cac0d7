//! Tests of the chain: whatever is changed is found at its first place.

use super::{ChainError, ChainFault, ChainVerifier};
use crate::conformance::{command_draft, epoch_draft};
use crate::{Chain, Epoch, Hlc, Record, RecordHash, RecordKind, Seq, Tail, Timestamp};

/// Two openings with three groups each, twelve records.
fn records() -> Vec<Record> {
    let mut tail = Tail::GENESIS;
    let mut records = Vec::new();
    for opening in 1..=2 {
        let mut chain = Chain::new(Tail { epoch: Epoch::new(opening), ..tail });
        let mut now = Timestamp::from_unix_nanos(5_000_000);
        for drafts in [
            vec![epoch_draft()],
            vec![command_draft(1, 1), command_draft(2, 2), command_draft(3, 3)],
            vec![command_draft(4, 4), command_draft(5, 5)],
        ] {
            records.extend(chain.group(now, drafts));
            now = Timestamp::from_unix_nanos(2_000_000);
        }
        tail = chain.tail();
    }
    records
}

fn verify(records: &[Record]) -> Result<Tail, ChainError> {
    let mut verifier = ChainVerifier::from_genesis();
    for record in records {
        verifier.check(record)?;
    }
    verifier.finish()
}

fn check(change: impl FnOnce(&mut Vec<Record>), seq: u64, fault: ChainFault) {
    let mut records = records();
    change(&mut records);
    assert_eq!(verify(&records), Err(ChainError { seq: Seq::new(seq), fault }));
}

#[test]
fn what_the_chain_made_is_accepted() {
    let records = records();
    let tail = verify(&records).unwrap();
    assert_eq!((tail.seq, tail.epoch), (Seq::new(12), Epoch::new(2)));
    assert_eq!(tail.hash, records[11].hash());
    for at in 0..records.len() - 1 {
        let mut verifier = ChainVerifier::after(&records[at]);
        for record in &records[at + 1..] {
            verifier.check(record).unwrap();
        }
        assert_eq!(verifier.finish(), Ok(tail));
    }
}

#[test]
fn time_goes_on_where_the_wall_clock_jumps_back() {
    let times: Vec<Hlc> = records().iter().map(|record| record.header.hlc).collect();
    assert!(times.is_sorted_by(|a, b| a < b));
    assert_eq!(times[0], Hlc::new(5 << 16));
    assert_eq!((times[1].wall(), times[1].count()), (Timestamp::from_unix_nanos(5_000_000), 1));
    assert_eq!(times[1].to_string(), "1970-01-01T00:00:00.005000000Z+1");
}

#[test]
fn a_record_that_is_gone_repeated_or_moved_is_found() {
    check(|records| drop(records.remove(4)), 5, ChainFault::Place { found: Seq::new(6) });
    check(|records| drop(records.remove(0)), 1, ChainFault::Place { found: Seq::new(2) });
    check(
        |records| records.insert(4, records[3].clone()),
        5,
        ChainFault::Place { found: Seq::new(4) },
    );
    check(|records| records.swap(4, 5), 5, ChainFault::Place { found: Seq::new(6) });
}

#[test]
fn a_record_that_was_changed_is_found_by_the_next() {
    let change = |records: &mut Vec<Record>| records[6].header.version = 9;
    check(change, 8, ChainFault::Link);
    check(|records| records[4].header.previous = RecordHash::ZERO, 5, ChainFault::Link);
}

#[test]
fn an_epoch_changes_only_upwards_and_with_its_record() {
    let (one, two) = (Epoch::new(1), Epoch::new(2));
    let fault = ChainFault::Epoch { before: one, found: two };
    check(|records| records[6].header.kind = RecordKind::Command, 7, fault);
    let back = ChainFault::Epoch { before: one, found: Epoch::ZERO };
    check(|records| records[6].header.epoch = Epoch::ZERO, 7, back);
}

#[test]
fn a_clock_that_stands_still_is_found() {
    let still = |records: &mut Vec<Record>| records[3].header.hlc = records[2].header.hlc;
    let time = records()[2].header.hlc;
    check(still, 4, ChainFault::Clock { before: time, found: time });
}

#[test]
fn a_group_without_its_end_or_beginning_is_found() {
    check(|records| records.truncate(11), 11, ChainFault::GroupUnfinished);
    let claimed = |records: &mut Vec<Record>| records[2].header.group = Seq::new(3);
    check(claimed, 3, ChainFault::Group { found: Seq::new(3) });
    let headless = |records: &mut Vec<Record>| {
        records[1].header.flags = records[2].header.flags;
    };
    check(headless, 2, ChainFault::Group { found: Seq::new(2) });
}
