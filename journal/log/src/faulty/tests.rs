//! Tests of the faulty journal.

use crate::conformance::{check_journal, command_draft, epoch_draft};
use crate::{
    AppendError, Chain, Faults, FaultyJournal, Journal, MemoryJournal, MemoryStore, ReadError, Seq,
    Timestamp,
};

fn append(journal: &mut impl Journal, number: u64) -> Result<(), AppendError> {
    let draft = if number == 0 { epoch_draft() } else { command_draft(number, 10) };
    let group = Chain::new(journal.tail()).group(Timestamp::ZERO, vec![draft]);
    journal.append(&group)
}

#[test]
fn a_faulty_journal_without_faults_keeps_the_contract() {
    let store = MemoryStore::default();
    check_journal(|| FaultyJournal::new(MemoryJournal::open(&store), Faults::default()));
}

#[test]
fn the_append_that_shall_fail_fails_and_no_later_one_is_accepted() {
    for keeps_failed_group in [false, true] {
        let faults = Faults { append: Some(3), keeps_failed_group, read: None };
        let mut journal = FaultyJournal::new(MemoryJournal::new(), faults);
        append(&mut journal, 0).unwrap();
        append(&mut journal, 1).unwrap();
        assert!(matches!(append(&mut journal, 2), Err(AppendError::Store { count: 1, .. })));
        assert!(matches!(append(&mut journal, 3), Err(AppendError::Broken)));
        let reopened = MemoryJournal::open(journal.into_inner().store());
        assert_eq!(reopened.tail().seq, Seq::new(2 + u64::from(keeps_failed_group)));
    }
}

#[test]
fn the_read_that_shall_fail_fails_and_ends_the_iteration() {
    let faults = Faults { read: Some(5), ..Faults::default() };
    let mut journal = FaultyJournal::new(MemoryJournal::new(), faults);
    for number in 0..4 {
        append(&mut journal, number).unwrap();
    }
    let reader = journal.reader();
    assert_eq!(reader.read(Seq::new(2)).unwrap().filter(Result::is_ok).count(), 3);
    let again: Vec<_> = reader.read(Seq::FIRST).unwrap().collect();
    assert_eq!(again.len(), 2);
    assert!(matches!(again[1], Err(ReadError::Store { seq, .. }) if seq == Seq::new(2)));
}
