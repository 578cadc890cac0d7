//! Tests of the scrub.

use std::ops::ControlFlow;
use std::sync::LazyLock;

use super::{ScrubError, scrub};
use crate::conformance::{command_draft, epoch_draft};
use crate::{
    Actor, Body, Chain, ChainVerifier, Draft, Epoch, Journal, MemoryJournal, MemoryStore, Record,
    RequestId, Seq, Tail, Timestamp, TrimBodyV1,
};

/// Makes ten thousand records and ten, once for all tests.
fn journal() -> MemoryJournal {
    static RECORDS: LazyLock<Vec<Record>> = LazyLock::new(|| {
        let mut chain = Chain::new(Tail { epoch: Epoch::new(1), ..Tail::GENESIS });
        let drafts = |number| if number == 0 { epoch_draft() } else { command_draft(number, 0) };
        (0..2002)
            .flat_map(|number| {
                let mut group = vec![drafts(number)];
                group.resize(5, command_draft(number, 0));
                chain.group(Timestamp::ZERO, group)
            })
            .collect()
    });
    let store = MemoryStore::default();
    store.tamper(|records| records.clone_from(&RECORDS));
    MemoryJournal::open(&store)
}

fn first_bad(change: impl FnOnce(&mut Vec<Record>)) -> Seq {
    let journal = journal();
    journal.store().tamper(change);
    scrub(&*journal.reader(), |_| ControlFlow::Continue(())).unwrap_err().seq()
}

#[test]
fn a_sound_journal_is_verified_to_its_head() {
    let journal = journal();
    let mut told = Vec::new();
    let tail = scrub(&*journal.reader(), |record| {
        told.push(record.header.seq);
        ControlFlow::Continue(())
    });
    let tail = tail.unwrap();
    assert_eq!(tail.hash, journal.tail().hash);
    assert_eq!(told, (1..=tail.seq.get()).map(Seq::new).collect::<Vec<_>>());
    let stopped = scrub(&*journal.reader(), |_| ControlFlow::Break(()));
    assert_eq!(stopped.unwrap().seq, Seq::FIRST);
}

#[test]
fn the_first_bad_record_is_named() {
    assert_eq!(first_bad(|records| drop(records.remove(41))), Seq::new(42));
    assert_eq!(first_bad(|records| drop(records.pop())), Seq::new(10_006));
    let forged = |records: &mut Vec<Record>| {
        records[41].body = vec![1].into();
        records[41].header.body_bytes = 1;
    };
    assert_eq!(first_bad(forged), Seq::new(43));
}

/// Makes the draft of a record that gives up everything up to `begin`.
fn trim_draft(begin: Tail) -> Draft {
    let body = TrimBodyV1 {
        now: Timestamp::ZERO,
        actor: Actor::default(),
        reason: String::new(),
        through: begin.seq,
        through_hash: begin.hash,
        through_epoch: begin.epoch,
        through_clock: begin.hlc,
        snapshot: begin.seq.next(),
        snapshot_state_hash: [0; 32],
    };
    Draft::new(RequestId::NONE, &Body::Trim(body)).unwrap()
}

#[test]
fn a_trimmed_log_is_verified_from_what_the_record_of_its_trim_says() {
    let mut journal = journal();
    let begin = ChainVerifier::after(&journal.store().records()[4]).tail();
    let group = vec![epoch_draft(), trim_draft(begin)];
    let group = Chain::new(journal.tail()).group(Timestamp::ZERO, group);
    journal.append(&group).unwrap();
    journal.store().trim(begin);
    let all = |journal: &MemoryJournal| scrub(&*journal.reader(), |_| ControlFlow::Continue(()));
    assert_eq!(all(&journal).unwrap().hash, journal.tail().hash);
    // Another beginning than the recorded one is found, also where it links well.
    let later = ChainVerifier::after(&journal.store().records()[4]).tail();
    journal.store().trim(later);
    let error = all(&journal).unwrap_err();
    assert!(matches!(error, ScrubError::NotTrimmed { through } if through == later.seq), "{error}");
}
