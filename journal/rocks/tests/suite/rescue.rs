//! Ways out of damage that an opening does not mend: every record that somebody still has comes back, and what is
//! lost is passed over by order only.

use std::fs;
use std::path::PathBuf;

use journal_log::{Body, RecordKind, Seq, Timestamp};
use journal_rocks::{
    OpenError, Options, Origin, Rescue, RescueError, RocksJournal, SkipOrder, Taken,
};

use crate::support::{Fixture, flip, groups, options};

/// The record that is damaged: in the middle of the sorted file.
const HURT: usize = 30;

/// A journal whose witness has the newest records only, so that older ones are in sorted files alone.
fn journal() -> Fixture {
    let mut fixture = Fixture::new(64 << 10);
    fixture.write(groups(30)).write(groups(20)).write(groups(2));
    fixture
}

/// Finds where a record begins in a sorted file.
fn place(fixture: &Fixture, number: usize) -> (PathBuf, u64) {
    let bytes = fixture.records[number - 1].encode();
    // Its header, which no other record has.
    let wanted = &bytes[..104];
    let found = fixture.files(".sst").into_iter().find_map(|table| {
        let at = fs::read(&table).unwrap().windows(104).position(|window| window == wanted)?;
        Some((table, at as u64))
    });
    found.unwrap_or_else(|| panic!("record {number} is in no sorted file"))
}

/// Damages one record for good.
fn hurt(fixture: &Fixture, number: usize) -> PathBuf {
    let (table, at) = place(fixture, number);
    flip(&table, 8 * (at + 70));
    table
}

fn order() -> SkipOrder {
    let (operator, reason) = ("uid:0".to_owned(), "the disk was bad".to_owned());
    SkipOrder { now: Timestamp::from_unix_nanos(5), operator, reason }
}

fn seq(number: usize) -> Seq {
    Seq::new(number as u64)
}

#[test]
fn a_survey_names_the_record_its_place_and_what_is_after_it() {
    let fixture = journal();
    let table = hurt(&fixture, HURT);
    let survey = Rescue::look(&fixture.path()).unwrap().survey(Seq::FIRST).unwrap();
    let bad = survey.bad.clone().unwrap();
    assert!(bad.seq <= seq(HURT) && bad.file == table, "{bad}");
    assert_eq!(survey.lost, [seq(HURT)..=seq(HURT)]);
    assert_eq!(survey.last, seq(fixture.records.len()));
    assert_eq!(
        survey.following,
        (fixture.records.len() as u64) - bad.seq.get() - u64::from(bad.seq < seq(HURT))
    );
    let told = survey.to_string();
    assert!(
        told.contains("whole and linked") && told.contains("records 30 to 30 are lost"),
        "{told}"
    );
    // A survey that begins later sees the same.
    let later = Rescue::look(&fixture.path()).unwrap().survey(bad.seq).unwrap();
    assert_eq!(later, survey);
}

#[test]
fn a_sound_journal_has_nothing_to_tell() {
    let fixture = journal();
    let survey = Rescue::look(&fixture.path()).unwrap().survey(Seq::FIRST).unwrap();
    assert_eq!((survey.bad, survey.lost.len(), survey.mendable), (None, 0, 0));
    assert_eq!(fixture.check().recovery, []);
}

#[test]
fn a_backup_gives_back_what_is_lost() {
    let fixture = journal();
    let backup = fixture.copy();
    hurt(&fixture, HURT);
    let refused = Rescue::begin(&fixture.path()).unwrap().repair(|_| {}).unwrap_err();
    let lost = seq(HURT);
    assert!(matches!(refused, RescueError::Lost { first, last } if (first, last) == (lost, lost)));
    let mut rescue = Rescue::begin(&fixture.path()).unwrap();
    rescue.add_backup(&backup.path()).unwrap();
    let report = rescue.repair(|_| {}).unwrap();
    let from_backup = Taken { origin: Origin::Backup, first: lost, last: lost };
    assert!(report.taken.contains(&from_backup), "{report:?}");
    assert!(report.quarantine.is_dir());
    fixture.check();
}

#[test]
fn a_backup_of_another_history_gives_nothing() {
    let fixture = journal();
    let mut other = Fixture::new(64 << 10);
    other.write(groups(60).into_iter().rev());
    hurt(&fixture, HURT);
    let mut rescue = Rescue::begin(&fixture.path()).unwrap();
    rescue.add_backup(&other.path()).unwrap();
    assert!(matches!(rescue.repair(|_| {}), Err(RescueError::Lost { .. })));
    let rescue = Rescue::begin(&fixture.path()).unwrap().add_backup(&fixture.path().join("none"));
    assert!(matches!(rescue, Err(OpenError::Absent { .. })));
}

#[test]
fn records_that_are_whole_in_a_damaged_file_come_back_from_it() {
    let fixture = journal();
    // The byte before a record's is its length or its key: RocksDB gives up the block, the record is whole.
    let (table, begin) = place(&fixture, HURT);
    flip(&table, 8 * (begin - 3));
    let survey = Rescue::look(&fixture.path()).unwrap().survey(Seq::FIRST).unwrap();
    assert!(survey.bad.is_some() && survey.lost.is_empty() && survey.mendable > 0, "{survey:?}");
    let report = Rescue::begin(&fixture.path()).unwrap().repair(|_| {}).unwrap();
    assert!(report.taken.iter().all(|taken| taken.origin == Origin::Salvaged), "{report:?}");
    assert!(!report.taken.is_empty());
    fixture.check();
}

#[test]
fn a_database_that_is_gone_comes_back_from_a_backup_and_the_witness() {
    let fixture = journal();
    let backup = fixture.copy();
    fs::remove_dir_all(fixture.path().join("db")).unwrap();
    assert!(matches!(fixture.open(), Err(OpenError::Wiped { .. })));
    let mut rescue = Rescue::begin(&fixture.path()).unwrap();
    rescue.add_backup(&backup.path()).unwrap();
    let report = rescue.repair(|_| {}).unwrap();
    assert_eq!(report.last, seq(fixture.records.len()));
    fixture.check();
}

#[test]
fn a_database_whose_list_of_files_is_damaged_is_read_all_the_same() {
    let fixture = journal();
    let manifest =
        fixture.files("").into_iter().find(|path| path.to_str().unwrap().contains("MANIFEST"));
    fs::write(manifest.unwrap(), b"no list of files").unwrap();
    assert!(fixture.open().is_err());
    Rescue::begin(&fixture.path()).unwrap().repair(|_| {}).unwrap();
    fixture.check();
}

#[test]
fn lost_records_are_passed_over_by_order_and_a_record_says_so() {
    let mut fixture = journal();
    hurt(&fixture, HURT);
    let rescue = Rescue::begin(&fixture.path()).unwrap();
    let report = rescue.skip(seq(HURT), &order(), |_| {}).unwrap();
    let skipped = report.skipped.unwrap();
    assert_eq!((skipped.first, skipped.last), (seq(HURT), seq(HURT)));
    assert_eq!((skipped.operator.as_str(), skipped.reason.as_str()), ("uid:0", "the disk was bad"));
    assert_eq!(skipped.resumes, Some(fixture.records[HURT].header.previous));
    assert!(skipped.damage.contains(".sst at byte"), "{}", skipped.damage);
    // The chain holds, and every other record is what it was.
    let (_, found) = fixture.open().unwrap();
    assert_eq!(found.len(), fixture.records.len());
    let stand_in = &found[HURT - 1];
    assert_eq!(stand_in.header.kind, RecordKind::Skip);
    assert_eq!(Body::of(stand_in).unwrap(), Body::Skip(skipped));
    fixture.records[HURT - 1] = stand_in.clone();
    fixture.check();
    fixture.write(groups(2)).check();
}

#[test]
fn only_what_is_lost_is_passed_over_and_only_by_its_number() {
    let fixture = journal();
    let before = fixture.copy();
    let begin = || Rescue::begin(&fixture.path()).unwrap();
    let refused = begin().skip(seq(HURT), &order(), |_| {}).unwrap_err();
    assert!(matches!(refused, RescueError::NotLost { .. }), "{refused}");
    hurt(&fixture, HURT);
    let refused = begin().skip(seq(HURT + 1), &order(), |_| {}).unwrap_err();
    let is_told = refused.to_string().contains("records 30 to 30 are");
    assert!(matches!(refused, RescueError::OtherLoss { .. }) && is_told, "{refused}");
    // A refusal changes nothing.
    assert_eq!(fixture.files(".sst").len(), before.files(".sst").len());
    assert!(!fixture.path().join("quarantine").exists());
}

#[test]
fn of_several_losses_the_first_is_passed_over_and_the_next_stays_one() {
    let fixture = journal();
    hurt(&fixture, HURT);
    hurt(&fixture, HURT + 30);
    Rescue::begin(&fixture.path()).unwrap().skip(seq(HURT), &order(), |_| {}).unwrap();
    let survey = Rescue::look(&fixture.path()).unwrap().survey(Seq::FIRST).unwrap();
    assert_eq!(survey.lost, [seq(HURT + 30)..=seq(HURT + 30)]);
    Rescue::begin(&fixture.path()).unwrap().skip(seq(HURT + 30), &order(), |_| {}).unwrap();
    let (_, found) = fixture.open().unwrap();
    let skips = found.iter().filter(|record| record.header.kind == RecordKind::Skip);
    assert_eq!(skips.count(), 2);
}

#[test]
fn a_journal_with_an_owner_is_left_alone() {
    let fixture = journal();
    let (journal, _) = RocksJournal::open(&fixture.path(), &options(64 << 10)).unwrap();
    assert!(matches!(Rescue::begin(&fixture.path()), Err(OpenError::Locked { .. })));
    drop(journal);
    assert!(RocksJournal::open(&fixture.path(), &Options::default()).is_ok());
}
