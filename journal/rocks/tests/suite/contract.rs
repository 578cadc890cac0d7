//! The suites that every journal has to pass, and ownership.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use journal_log::conformance::{check_journal, command_draft, epoch_draft};
use journal_log::{AppendError, Chain, Journal, Seq, Timestamp};
use journal_rocks::{OpenError, Options, RocksJournal};

use crate::support::{Fixture, groups, options};

#[test]
fn a_journal_in_rocksdb_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    check_journal(|| RocksJournal::open(folder.path(), &options(16 << 20)).unwrap().0);
}

#[test]
fn a_second_owner_is_refused_and_told_the_first_ones_process() {
    let folder = tempfile::tempdir().unwrap();
    #[expect(clippy::disallowed_methods, reason = "the owner has to be another process")]
    let mut owner = Command::new(env!("CARGO_BIN_EXE_journal-rocks-writer"))
        .arg(folder.path())
        .arg("1000000")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    let result = RocksJournal::open(folder.path(), &Options::default());
    let error = result.map(|_| ()).unwrap_err();
    assert!(matches!(error, OpenError::Locked { pid } if pid == Some(owner.id())), "{error}");
    owner.kill().unwrap();
    owner.wait().unwrap();
    RocksJournal::open(folder.path(), &Options::default()).unwrap();
}

#[test]
fn a_reader_keeps_the_journal_owned() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = RocksJournal::open(folder.path(), &options(1 << 20)).unwrap();
    let reader = journal.reader();
    drop(journal);
    let result = RocksJournal::open(folder.path(), &options(1 << 20)).map(|_| ());
    assert!(matches!(result, Err(OpenError::Locked { .. })));
    drop(reader);
    RocksJournal::open(folder.path(), &options(1 << 20)).unwrap();
}

#[test]
fn a_new_journal_says_so_and_keeps_its_identity_and_counts_its_openings() {
    let mut fixture = Fixture::new(1 << 20);
    let (first, _) = fixture.open().unwrap();
    fixture.write(groups(3));
    let (third, _) = fixture.open().unwrap();
    assert!(first.is_new && !third.is_new);
    assert_eq!(first.cluster, third.cluster);
    assert_eq!((first.epoch.get(), third.epoch.get()), (1, 3));
    assert_eq!((first.head, third.head.get()), (Seq::GENESIS, fixture.records.len() as u64));
    assert_eq!(third.recovery, []);
}

#[test]
fn each_append_tells_what_its_syncs_have_cost() {
    let folder = tempfile::tempdir().unwrap();
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    let on_sync: journal_rocks::OnSync = Arc::new(move |times| {
        assert!(times.total >= times.log.max(times.witness), "{times:?}");
        assert_eq!(times.bytes % 4096, 0);
        count.fetch_add(times.records, Ordering::Relaxed);
    });
    let options = Options { on_sync: Some(on_sync), ..options(1 << 20) };
    let (mut journal, _) = RocksJournal::open(folder.path(), &options).unwrap();
    let mut chain = Chain::new(journal.tail());
    for drafts in [vec![epoch_draft()], vec![command_draft(1, 1), command_draft(2, 2)]] {
        journal.append(&chain.group(Timestamp::ZERO, drafts)).unwrap();
    }
    assert_eq!(told.load(Ordering::Relaxed), 3);
}

#[test]
fn a_group_that_the_witness_cannot_hold_is_refused_and_changes_nothing() {
    let mut fixture = Fixture::new(64 << 10);
    fixture.write(groups(2));
    let (mut journal, _) = RocksJournal::open(&fixture.path(), &options(64 << 10)).unwrap();
    fixture.append(&mut journal, vec![epoch_draft()]);
    let large = Chain::new(journal.tail()).group(Timestamp::ZERO, vec![command_draft(1, 40_000)]);
    assert!(matches!(journal.append(&large), Err(AppendError::TooLarge { records: 1, .. })));
    fixture.append(&mut journal, vec![command_draft(1, 20_000)]);
    drop(journal);
    fixture.check();
}
