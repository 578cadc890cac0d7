//! The memory journal against the suite.

use crate::conformance::{check_journal, command_draft, epoch_draft};
use crate::{
    AppendError, Chain, ChainVerifier, Journal, JournalReader, MemoryJournal, MemoryStore,
    ReadError, Record, Seq, Timestamp,
};

#[test]
fn the_memory_journal_keeps_the_contract() {
    let store = MemoryStore::default();
    check_journal(|| MemoryJournal::open(&store));
}

#[test]
fn an_earlier_opening_is_fenced_off() {
    let mut old = MemoryJournal::new();
    let group = Chain::new(old.tail()).group(Timestamp::ZERO, vec![epoch_draft()]);
    let new = MemoryJournal::open(old.store());
    assert!(new.tail().epoch > old.tail().epoch);
    assert!(matches!(old.append(&group), Err(AppendError::Broken)));
    assert_eq!(new.reader().head(), Seq::GENESIS);
}

#[test]
fn a_record_that_was_lost_is_reported_by_its_place() {
    let mut journal = MemoryJournal::new();
    let group = Chain::new(journal.tail())
        .group(Timestamp::ZERO, vec![epoch_draft(), command_draft(1, 1), command_draft(2, 1)]);
    journal.append(&group).unwrap();
    let reader = journal.reader();
    let mut begun = reader.read(Seq::FIRST).unwrap();
    journal.store().tamper(|records| records.truncate(1));
    assert!(begun.next().unwrap().is_ok());
    assert!(matches!(begun.next(), Some(Err(ReadError::Missing { seq })) if seq == Seq::new(2)));
    assert_eq!(journal.store().head(), Seq::FIRST);
}

#[test]
fn what_was_trimmed_is_told_as_such_and_a_begun_reading_goes_on() {
    let mut journal = MemoryJournal::new();
    let group = Chain::new(journal.tail()).group(Timestamp::ZERO, vec![epoch_draft()]);
    journal.append(&group).unwrap();
    let rest = Chain::new(journal.tail()).group(Timestamp::ZERO, vec![command_draft(1, 1)]);
    journal.append(&rest).unwrap();
    let reader = journal.reader();
    let begun = reader.read(Seq::FIRST).unwrap();
    journal.store().trim(ChainVerifier::after(&group[0]).tail());
    assert_eq!(begun.filter(Result::is_ok).count(), 2);
    let first = Seq::new(2);
    assert_eq!((reader.first(), reader.head()), (first, first));
    let error = reader.read(Seq::FIRST).map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "record 1 was trimmed: the log begins at record 2");
    let left: Vec<Record> = reader.read(first).unwrap().map(Result::unwrap).collect();
    assert_eq!((&left, journal.store().records()), (&rest, rest.clone()));
}
