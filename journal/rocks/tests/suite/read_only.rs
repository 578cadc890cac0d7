//! Looking at a journal, sound or damaged, with a server beside it or without.

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::thread;

use journal_log::Seq;
use journal_log::conformance::{command_draft, epoch_draft};
use journal_rocks::{OpenError, ReadOnly, RocksJournal, VerifyError};

use crate::support::{Fixture, flip, groups, options, read_all};

fn verify(view: &ReadOnly) -> Result<Seq, VerifyError> {
    view.verify(|_| ControlFlow::Continue(())).map(|tail| tail.seq)
}

#[test]
fn a_journal_without_a_server_is_read_verified_and_counted() {
    let mut fixture = Fixture::new(256 << 10);
    fixture.write(groups(20)).write(groups(20));
    let view = ReadOnly::open(&fixture.path()).unwrap();
    assert_eq!(read_all(&*view.reader()), fixture.records);
    let head = Seq::new(fixture.records.len() as u64);
    assert_eq!(verify(&view).unwrap(), head);
    let stats = view.stats().unwrap();
    assert_eq!(stats.head, head);
    let bytes: usize = fixture.records.iter().map(|record| record.encoded_bytes()).sum();
    assert!(stats.bytes > bytes as u64 && stats.log_bytes > 0 && stats.files >= 4, "{stats:?}");
    let witness = stats.witness.unwrap();
    assert_eq!((witness.first, witness.last), (Seq::FIRST, head));
    // Looking changes nothing.
    drop(view);
    assert_eq!(fixture.check().recovery, []);
}

#[test]
fn a_journal_is_looked_at_by_a_path_from_the_current_folder() {
    let mut fixture = Fixture::new(256 << 10);
    fixture.write(groups(20)).write(groups(20));
    let here = std::env::current_dir().unwrap();
    let up: PathBuf = here.components().skip(1).map(|_| "..").collect();
    let path = up.join(fixture.path().strip_prefix("/").unwrap());
    assert!(path.is_relative());
    let view = ReadOnly::open(&path).unwrap();
    assert!(view.stats().unwrap().files >= 4);
    assert_eq!(verify(&view).unwrap(), Seq::new(fixture.records.len() as u64));
}

#[test]
fn a_journal_is_looked_at_while_its_server_writes() {
    let mut fixture = Fixture::new(1 << 20);
    let path = fixture.path();
    let (mut journal, _) = RocksJournal::open(&path, &options(1 << 20)).unwrap();
    fixture.append(&mut journal, vec![epoch_draft()]);
    thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut last = Seq::GENESIS;
            for _ in 0..20 {
                let view = ReadOnly::open(&path).unwrap_or_else(|error| panic!("{error:?}"));
                let head = verify(&view).unwrap_or_else(|error| panic!("{error:?}"));
                assert!(head >= last, "time went back from {last} to {head}");
                last = head;
            }
        });
        let mut number = 0;
        while !watcher.is_finished() {
            fixture.append(&mut journal, vec![command_draft(number, 700)]);
            number += 1;
        }
    });
}

#[test]
fn a_damaged_log_is_read_up_to_the_damage_and_named() {
    let mut fixture = Fixture::new(1 << 20);
    fixture.write(groups(20));
    let log = fixture.log();
    let fifth = fixture.records[4].encode();
    let bytes = fs::read(&log).unwrap();
    let at = bytes.windows(104).position(|window| *window == fifth[..104]).unwrap();
    flip(&log, 8 * at as u64);
    let view = ReadOnly::open(&fixture.path()).unwrap();
    let group = fixture.records[4].header.group;
    assert_eq!(view.reader().head(), group.previous());
    match verify(&view) {
        Err(VerifyError::Log { seq, file, offset, .. }) => {
            assert_eq!((seq, file), (group, log));
            assert!(offset > 0 && offset <= at as u64);
        }
        result => panic!("{result:?}"),
    }
}

#[test]
fn what_is_gone_without_a_trace_in_the_log_is_named_all_the_same() {
    let mut fixture = Fixture::new(256 << 10);
    fixture.write(groups(20)).write(groups(3));
    fs::File::options().write(true).open(fixture.log()).unwrap().set_len(0).unwrap();
    let view = ReadOnly::open(&fixture.path()).unwrap();
    let error = verify(&view).unwrap_err();
    assert_eq!(error.seq(), view.reader().head().next());
    assert!(matches!(error, VerifyError::Lost { .. }), "{error:?}");
}

#[test]
fn where_there_is_no_journal_there_is_nothing_to_look_at() {
    let fixture = Fixture::new(0);
    let open = || ReadOnly::open(&fixture.path()).map(|_| ());
    assert!(matches!(open(), Err(OpenError::Absent { .. })));
    let mut fixture = Fixture::new(256 << 10);
    fixture.write(groups(2));
    fs::remove_dir_all(fixture.path().join("db")).unwrap();
    let result = ReadOnly::open(&fixture.path()).map(|_| ());
    assert!(matches!(result, Err(OpenError::Wiped { .. })));
}
