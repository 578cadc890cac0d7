//! Journals and witnesses that do not belong to the same moment, and the witness's keeping up.

use std::fs;

use journal_log::conformance::{command_draft, epoch_draft};
use journal_log::{Journal, Seq};
use journal_rocks::{OpenError, Options, Recovery, RocksJournal};

use crate::support::{Fixture, copy_folder, flip, groups, options};

fn journal() -> Fixture {
    let mut fixture = Fixture::new(256 << 10);
    fixture.write(groups(8));
    fixture
}

fn refusal(fixture: &Fixture) -> OpenError {
    let error = fixture.open().unwrap_err();
    assert!(error.is_damage(), "{error}");
    error
}

/// Opens with the leave to make a new witness, and checks that nothing else is needed from then on.
fn rebuild(fixture: &Fixture) {
    let options = Options { rebuild_witness: true, ..options(fixture.witness_bytes) };
    let (report, found) = fixture.open_with(&options).unwrap();
    assert_eq!(found, fixture.records);
    assert_eq!(report.recovery, [Recovery::WitnessRebuilt]);
    assert_eq!(fixture.check().recovery, []);
}

#[test]
fn a_wiped_database_is_refused() {
    let fixture = journal();
    fs::remove_dir_all(fixture.path().join("db")).unwrap();
    let head = Seq::new(fixture.records.len() as u64);
    assert!(matches!(refusal(&fixture), OpenError::Wiped { head: found } if found == head));
    assert!(!fixture.path().join("db").exists(), "a refusal changes nothing");
}

#[test]
fn a_lost_witness_is_refused_until_a_new_one_is_asked_for() {
    let fixture = journal();
    fs::remove_file(fixture.ring()).unwrap();
    assert!(matches!(refusal(&fixture), OpenError::NoWitness { .. }));
    rebuild(&fixture);
}

#[test]
fn a_witness_without_headers_is_a_lost_one() {
    let fixture = journal();
    fs::write(fixture.ring(), vec![0; 1 << 20]).unwrap();
    assert!(matches!(refusal(&fixture), OpenError::NoWitness { .. }));
    rebuild(&fixture);
}

#[test]
fn another_journals_witness_is_refused() {
    let (fixture, other) = (journal(), journal());
    fs::copy(other.ring(), fixture.ring()).unwrap();
    assert!(matches!(refusal(&fixture), OpenError::WitnessForeign { .. }));
}

#[test]
fn an_older_witness_is_refused_until_a_new_one_is_asked_for() {
    let mut fixture = journal();
    let old = fixture.copy();
    fixture.write(groups(4));
    fs::copy(old.ring(), fixture.ring()).unwrap();
    assert!(matches!(refusal(&fixture), OpenError::WitnessBehind { .. }));
    rebuild(&fixture);
}

#[test]
fn an_older_database_is_brought_up_to_its_witness() {
    let mut fixture = journal();
    let old = fixture.copy();
    fixture.write(groups(4));
    fs::remove_dir_all(fixture.path().join("db")).unwrap();
    copy_folder(&old.path().join("db"), &fixture.path().join("db"));
    let report = fixture.check();
    let (first, last) = (old.records.len() as u64 + 1, fixture.records.len() as u64);
    let (first, last) = (Seq::new(first), Seq::new(last));
    assert_eq!(report.recovery, [Recovery::TakenBack { first, last }]);
}

#[test]
fn a_much_older_database_is_refused_and_what_is_gone_is_named() {
    let mut fixture = Fixture::new(64 << 10);
    fixture.write(groups(8));
    let old = fixture.copy();
    fixture.write(groups(40));
    fs::remove_dir_all(fixture.path().join("db")).unwrap();
    copy_folder(&old.path().join("db"), &fixture.path().join("db"));
    let expected = Seq::new(old.records.len() as u64 + 1);
    assert!(matches!(refusal(&fixture), OpenError::Lost { first, .. } if first == expected));
}

#[test]
fn a_group_that_only_the_journal_has_is_witnessed() {
    let mut fixture = journal();
    let old = fixture.copy();
    let (mut journal, _) = RocksJournal::open(&fixture.path(), &options(256 << 10)).unwrap();
    fixture.append(&mut journal, vec![epoch_draft(), command_draft(1, 9)]);
    drop(journal);
    fs::copy(old.ring(), fixture.ring()).unwrap();
    let report = fixture.check();
    assert!(matches!(report.recovery[..], [Recovery::Witnessed { .. }]), "{:?}", report.recovery);
    assert_eq!(fixture.check().recovery, []);
}

#[test]
fn another_history_of_the_same_length_is_refused() {
    let mut fixture = journal();
    let mut other = fixture.copy();
    fixture.write(groups(4));
    let longer: Vec<_> =
        groups(4).into_iter().map(|group| vec![command_draft(9, 9); group.len()]).collect();
    other.write(longer);
    fs::copy(other.ring(), fixture.ring()).unwrap();
    assert!(matches!(refusal(&fixture), OpenError::Diverged { .. }));
}

#[test]
fn the_witness_always_has_what_is_in_no_sorted_file_yet() {
    let mut fixture = Fixture::new(64 << 10);
    fixture.write(groups(2));
    let (mut journal, _) = RocksJournal::open(&fixture.path(), &options(64 << 10)).unwrap();
    fixture.append(&mut journal, vec![epoch_draft()]);
    for number in 0..400 {
        fixture.append(&mut journal, vec![command_draft(number, 300); 1 + number as usize % 3]);
        if number % 40 == 39 {
            // The logs of a killed process are lost whole; the witness makes up for all of them.
            let copy = fixture.copy();
            for log in copy.files(".log") {
                fs::File::options().write(true).open(log).unwrap().set_len(0).unwrap();
            }
            copy.check();
        }
    }
    assert_eq!(journal.tail().seq.get(), fixture.records.len() as u64);
    drop(journal);
    fixture.check();
}

#[test]
fn an_interrupted_exchange_of_a_mended_database_is_finished() {
    let fixture = journal();
    let database = fixture.path().join("db");
    // Between its two renames: the mended one is ready, the damaged one is still in place.
    copy_folder(&database, &fixture.path().join("db.ready"));
    fs::write(fixture.log(), b"damage").unwrap();
    copy_folder(&database, &fixture.path().join("db.draft"));
    let report = fixture.check();
    assert!(matches!(report.recovery[..], [Recovery::Quarantined { .. }]), "{:?}", report.recovery);
    assert!(!fixture.path().join("db.ready").exists() && !fixture.path().join("db.draft").exists());
    assert_eq!(fixture.check().recovery, []);
}

/// Damages the newest frame of a witness, as a power cut inside its write would.
fn tear_newest_frame(fixture: &Fixture) {
    let newest = fixture.records.last().unwrap().encode();
    let bytes = fs::read(fixture.ring()).unwrap();
    let at = bytes.windows(104).position(|window| *window == newest[..104]).unwrap();
    flip(&fixture.ring(), 8 * (at as u64 + 100));
}

#[test]
fn a_group_whose_witness_was_cut_short_is_kept_and_witnessed_again() {
    let fixture = journal();
    tear_newest_frame(&fixture);
    let report = fixture.check();
    let group = fixture.records.last().unwrap().header.group;
    let last = Seq::new(fixture.records.len() as u64);
    assert_eq!(report.recovery, [Recovery::Witnessed { first: group, last }]);
    assert_eq!(fixture.check().recovery, []);
}

#[test]
fn a_group_that_is_cut_short_in_both_was_never_acknowledged_and_is_dropped() {
    let mut fixture = journal();
    tear_newest_frame(&fixture);
    let log = fixture.log();
    let size = fs::metadata(&log).unwrap().len();
    fs::File::options().write(true).open(&log).unwrap().set_len(size - 3).unwrap();
    let group = fixture.records.last().unwrap().header.group;
    fixture.records.retain(|record| record.header.group < group);
    let report = fixture.check();
    let is_told = |done: &Recovery| matches!(done, Recovery::Cut { had_records: false, .. });
    assert!(report.recovery.iter().any(is_told), "{:?}", report.recovery);
    assert_eq!(fixture.check().recovery, []);
}

#[test]
fn a_database_without_records_is_filled_from_its_witness() {
    let fixture = journal();
    // All of it is in the log still, so without that there is no record left.
    for log in fixture.files(".log") {
        fs::File::options().write(true).open(log).unwrap().set_len(0).unwrap();
    }
    let report = fixture.check();
    let last = Seq::new(fixture.records.len() as u64);
    let is_taken =
        |done: &Recovery| matches!(done, Recovery::TakenBack { last: found, .. } if *found == last);
    assert!(report.recovery.iter().any(is_taken), "{:?}", report.recovery);
}
