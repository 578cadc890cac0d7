//! Tests of stand-ins: whatever is lost of a chain, what stands in for it makes a chain that verifies.

use super::{StandInError, stand_ins};
use crate::conformance::{command_draft, epoch_draft};
use crate::{
    Chain, ChainError, ChainFault, ChainVerifier, Epoch, Record, RecordHash, Seq, SkipBodyV1, Tail,
    Timestamp,
};

/// Two openings with groups of one to three records, fourteen in all.
fn records() -> Vec<Record> {
    let mut tail = Tail::GENESIS;
    let mut records = Vec::new();
    for opening in 1..=2 {
        let mut chain = Chain::new(Tail { epoch: Epoch::new(opening), ..tail });
        records.extend(chain.group(Timestamp::ZERO, vec![epoch_draft()]));
        for size in [3, 1, 2] {
            let drafts = (0..size).map(|number| command_draft(number, 9)).collect();
            records.extend(chain.group(Timestamp::ZERO, drafts));
        }
        tail = chain.tail();
    }
    records
}

fn body(records: &[Record], first: usize, last: usize) -> SkipBodyV1 {
    SkipBodyV1 {
        now: Timestamp::ZERO,
        operator: "uid:0".to_owned(),
        reason: "a test".to_owned(),
        first: Seq::new(first as u64),
        last: Seq::new(last as u64),
        resumes: records.get(last).map(|next| next.header.previous),
        damage: String::new(),
    }
}

fn verifier(records: &[Record]) -> ChainVerifier {
    let mut verifier = ChainVerifier::from_genesis();
    for record in records {
        verifier.check(record).unwrap();
    }
    verifier
}

fn made(records: &[Record], first: usize, last: usize, body: &SkipBodyV1) -> Vec<Record> {
    let before = verifier(&records[..first - 1]);
    stand_ins(&before, records.get(last).map(|next| &next.header), body).unwrap()
}

fn verify(records: &[Record]) -> Result<Tail, ChainError> {
    let mut verifier = ChainVerifier::from_genesis();
    for record in records {
        verifier.check(record)?;
    }
    verifier.finish()
}

#[test]
fn any_range_of_a_chain_can_be_stood_in_for() {
    let records = records();
    for first in 1..=records.len() {
        for last in first..=records.len() {
            let stands = made(&records, first, last, &body(&records, first, last));
            let whole = [&records[..first - 1], &stands, &records[last..]].concat();
            assert_eq!(whole.len(), records.len());
            let tail = verify(&whole);
            // Nobody can know whether the group of the last record had an end.
            assert!(tail.is_ok(), "{first} to {last}: {tail:?}");
        }
    }
}

#[test]
fn the_chain_goes_on_with_the_record_that_followed_and_with_no_other() {
    let records = records();
    let mut body = body(&records, 4, 5);
    body.resumes = Some(RecordHash::from_bytes([7; 32]));
    let stands = made(&records, 4, 5, &body);
    let whole = [&records[..3], &stands, &records[5..]].concat();
    assert_eq!(verify(&whole), Err(ChainError { seq: Seq::new(6), fault: ChainFault::Link }));
}

#[test]
fn a_stand_in_in_the_middle_of_a_loss_lets_nothing_pass() {
    let records = records();
    let stands = made(&records, 4, 6, &body(&records, 4, 6));
    let mut whole = [&records[..3], &stands, &records[6..]].concat();
    whole.remove(4);
    assert!(matches!(verify(&whole), Err(ChainError { fault: ChainFault::Place { .. }, .. })));
}

#[test]
fn a_range_that_is_not_what_is_lost_is_refused() {
    let records = records();
    let refused = |before: usize, next: Option<&Record>, first: usize, last: usize| {
        let before = verifier(&records[..before]);
        let body = body(&records, first, last);
        let made = stand_ins(&before, next.map(|next| &next.header), &body);
        assert!(matches!(made, Err(StandInError::Range { .. })), "{made:?}");
    };
    refused(3, records.get(6), 4, 5);
    refused(2, records.get(5), 4, 5);
    refused(3, records.get(2), 4, 2);
    let far = SkipBodyV1 { last: Seq::new(2_000_000), ..body(&records, 4, 5) };
    let made = stand_ins(&verifier(&records[..3]), None, &far);
    assert!(matches!(made, Err(StandInError::TooMany { .. })), "{made:?}");
}
