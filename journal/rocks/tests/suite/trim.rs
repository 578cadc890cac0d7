//! The beginning is given up and its room given back; what is left is a whole journal, whatever happens to its files.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use journal_log::conformance::{command_draft, epoch_draft};
use journal_log::{
    Actor, Body, ChainVerifier, Draft, Journal, ReadError, Record, RequestId, Seq, Tail, Timestamp,
    TrimBodyV1,
};
use journal_rocks::{OpenError, ReadOnly, RocksJournal, Sizes, fork};

use crate::support::{BOUND, Fixture, copy_folder, options, read_all};

/// Bytes of a command in these tests, so that thousands of records make several sorted files.
const COMMAND_BYTES: usize = 9000;

/// The smallest witness that holds such groups.
const WITNESS_BYTES: u64 = 1 << 20;

fn trim_draft(begin: Tail) -> Draft {
    let body = TrimBodyV1 {
        now: Timestamp::ZERO,
        actor: Actor::default(),
        reason: "the test says so".to_owned(),
        through: begin.seq,
        through_hash: begin.hash,
        through_epoch: begin.epoch,
        through_clock: begin.hlc,
        snapshot: begin.seq.next(),
        snapshot_state_hash: [0; 32],
    };
    Draft::new(RequestId::NONE, &Body::Trim(body)).unwrap()
}

/// A journal of `count` commands of which all but `left` were trimmed.
fn trimmed(count: u64, left: usize) -> (Fixture, Sizes) {
    let mut fixture = Fixture::new(WITNESS_BYTES);
    let (mut journal, _) = RocksJournal::open(&fixture.path(), &options(WITNESS_BYTES)).unwrap();
    fixture.append(&mut journal, vec![epoch_draft()]);
    for number in 0..count {
        fixture.append(&mut journal, vec![command_draft(number, COMMAND_BYTES)]);
    }
    let begin = ChainVerifier::after(&fixture.records[fixture.records.len() - 1 - left]).tail();
    fixture.append(&mut journal, vec![trim_draft(begin)]);
    let sizes = journal.upkeep().trim(begin).unwrap();
    fixture.records.retain(|record| record.header.seq > begin.seq);
    (fixture, sizes)
}

/// Reads and verifies everything that is left.
fn left(path: &Path) -> Vec<Record> {
    let view = ReadOnly::open(path).unwrap_or_else(|error| panic!("{error:?}"));
    view.verify(|_| ControlFlow::Continue(())).unwrap_or_else(|error| panic!("{error:?}"));
    let reader = view.reader();
    reader.read(reader.first()).unwrap().map(Result::unwrap).collect()
}

/// Opens the journal, and checks that exactly what was left is there; returns what the opening had to say.
fn check(fixture: &Fixture) -> Result<Vec<String>, OpenError> {
    let (journal, report) = RocksJournal::open(&fixture.path(), &options(WITNESS_BYTES))?;
    assert!(report.took < BOUND, "opening took {:?}", report.took);
    let reader = journal.reader();
    assert_eq!(reader.first(), fixture.records[0].header.seq);
    let found: Vec<Record> = reader.read(reader.first()).unwrap().map(Result::unwrap).collect();
    assert_eq!(found, fixture.records);
    Ok(report.recovery.iter().map(ToString::to_string).collect())
}

#[test]
fn a_trimmed_journal_is_known_by_its_identity_to_whoever_looks() {
    let (fixture, _) = trimmed(100, 10);
    let seen = ReadOnly::open(&fixture.path()).unwrap().cluster();
    let (_, report) = RocksJournal::open(&fixture.path(), &options(WITNESS_BYTES)).unwrap();
    assert_eq!(seen, Some(report.cluster));
}

#[test]
fn j_015_a_trim_gives_room_back_and_leaves_a_whole_journal() {
    let (fixture, sizes) = trimmed(4000, 100);
    let kept: u64 = fixture.records.iter().map(|record| record.encoded_bytes() as u64).sum();
    assert!(sizes.before_bytes > 36_000_000, "{sizes:?}");
    assert!(sizes.after_bytes < kept + 4_000_000, "{sizes:?}, {kept} bytes are left");
    assert_eq!(left(&fixture.path()), fixture.records);
    assert_eq!(check(&fixture).unwrap(), [""; 0]);
    let stats = ReadOnly::open(&fixture.path()).unwrap().stats().unwrap();
    assert_eq!(stats.first, fixture.records[0].header.seq);
}

#[test]
fn j_015_a_trimmed_journal_is_written_on_and_trimmed_again() {
    let (mut fixture, _) = trimmed(50, 20);
    for _ in 0..2 {
        let (mut journal, _) =
            RocksJournal::open(&fixture.path(), &options(WITNESS_BYTES)).unwrap();
        fixture.append(&mut journal, vec![epoch_draft(), command_draft(1, 10)]);
        let reader = journal.reader();
        let begun = reader.read(reader.first()).unwrap();
        let begin = ChainVerifier::after(&fixture.records[9]).tail();
        fixture.append(&mut journal, vec![trim_draft(begin)]);
        journal.upkeep().trim(begin).unwrap();
        // A reading that had begun is not cut short, and a new one is told.
        assert_eq!(begun.map(Result::unwrap).count(), fixture.records.len() - 1);
        let error = reader.read(begin.seq).map(|_| ()).unwrap_err();
        assert!(matches!(error, ReadError::Trimmed { first, .. } if first == begin.seq.next()));
        fixture.records.retain(|record| record.header.seq > begin.seq);
        drop(reader);
    }
    assert_eq!(left(&fixture.path()), fixture.records);
    assert_eq!(check(&fixture).unwrap(), [""; 0]);
}

#[test]
fn j_015_the_witness_mends_a_trimmed_journal_that_has_lost_its_logs() {
    let (mut fixture, _) = trimmed(50, 20);
    let (mut journal, _) = RocksJournal::open(&fixture.path(), &options(WITNESS_BYTES)).unwrap();
    fixture.append(&mut journal, vec![epoch_draft()]);
    for number in 0..10 {
        fixture.append(&mut journal, vec![command_draft(number, 100)]);
    }
    drop(journal);
    for log in fixture.files(".log") {
        fs::File::options().write(true).open(log).unwrap().set_len(0).unwrap();
    }
    let told = check(&fixture).unwrap().join("; ");
    assert!(told.contains("were taken back from the witness"), "{told}");
}

#[test]
fn j_015_a_lost_beginning_is_found_again_in_the_record_of_the_trim() {
    let (fixture, _) = trimmed(50, 20);
    // The sorted file of the small values is the one that names the journal's identity.
    let cluster = b"SKRING01".len();
    let ring = fs::read(fixture.ring()).unwrap();
    let identity = &ring[cluster + 16..cluster + 32];
    let mut damaged = 0;
    for path in fixture.files(".sst") {
        let mut bytes = fs::read(&path).unwrap();
        if let Some(at) = bytes.windows(16).position(|window| window == identity) {
            bytes[at] ^= 1;
            fs::write(&path, bytes).unwrap();
            damaged += 1;
        }
    }
    assert!(damaged > 0, "no sorted file has the identity");
    let told = check(&fixture).unwrap().join("; ");
    assert!(told.contains("the database was rewritten"), "{told}");
    assert_eq!(check(&fixture).unwrap(), [""; 0]);
}

#[test]
fn j_016_a_copy_of_a_moment_is_whole_while_the_journal_is_written() {
    let mut fixture = Fixture::new(WITNESS_BYTES);
    let (mut journal, _) = RocksJournal::open(&fixture.path(), &options(WITNESS_BYTES)).unwrap();
    fixture.append(&mut journal, vec![epoch_draft()]);
    let upkeep = journal.upkeep();
    let target = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        let copying = scope.spawn(|| {
            for number in 0..5 {
                upkeep.copy_to(&target.path().join(number.to_string()), || Ok(())).unwrap();
            }
        });
        let mut number = 0;
        while !copying.is_finished() {
            fixture.append(&mut journal, vec![command_draft(number, 700)]);
            number += 1;
        }
    });
    drop((journal, upkeep));
    let mut before = 0;
    for number in 0..5 {
        let records = left(&target.path().join(number.to_string()));
        assert_eq!(records, fixture.records[..records.len()], "copy {number}");
        assert!(records.len() >= before, "copy {number}");
        before = records.len();
    }
    // A copy is opened with the leave to make a witness, and is a journal like any other.
    let copy = target.path().join("4");
    let rebuild = journal_rocks::Options { rebuild_witness: true, ..options(WITNESS_BYTES) };
    let (opened, report) = RocksJournal::open(&copy, &rebuild).unwrap();
    assert_eq!(report.head.get() as usize, before);
    assert_eq!(read_all(&*opened.reader()), fixture.records[..before]);
}

#[test]
fn j_042_a_fork_has_the_records_up_to_a_point_and_an_identity_of_its_own() {
    let mut fixture = Fixture::new(WITNESS_BYTES);
    let groups = (0..30).map(|number| vec![command_draft(number, 50); 3]);
    fixture.write(groups);
    let rebuild = journal_rocks::Options { rebuild_witness: true, ..options(WITNESS_BYTES) };
    let (original, report) = RocksJournal::open(&fixture.path(), &rebuild).unwrap();
    let reader = original.reader();
    // Record 1 is the epoch's, so 4 ends a group and 6 is inside of one.
    for (until, is_cut) in [(4, false), (6, true), (91, false)] {
        let target = tempfile::tempdir().unwrap();
        let made = fork(&*reader, Seq::new(until), target.path(), |_| {}).unwrap();
        assert_eq!((made.last.seq.get(), made.is_cut), (until, is_cut));
        assert_ne!(made.cluster, report.cluster);
        let (mut forked, found) = RocksJournal::open(target.path(), &rebuild).unwrap();
        assert_eq!(found.cluster, made.cluster);
        let records = read_all(&*forked.reader());
        let same = usize::try_from(until).unwrap() - usize::from(is_cut);
        assert_eq!(records[..same], fixture.records[..same]);
        assert_eq!(records.last().unwrap().body, fixture.records[records.len() - 1].body);
        let mut copy = Fixture { records, ..Fixture::new(WITNESS_BYTES) };
        copy.append(&mut forked, vec![epoch_draft(), command_draft(7, 7)]);
        assert_eq!(read_all(&*forked.reader()), copy.records);
    }
    let nowhere = tempfile::tempdir().unwrap();
    let error = fork(&*reader, Seq::new(92), nowhere.path(), |_| {}).unwrap_err();
    assert!(error.to_string().contains("record 92"), "{error}");
}

#[test]
fn a_trim_that_was_cut_short_after_its_record_leaves_everything_as_it_was() {
    let mut fixture = Fixture::new(WITNESS_BYTES);
    let (mut journal, _) = RocksJournal::open(&fixture.path(), &options(WITNESS_BYTES)).unwrap();
    fixture.append(&mut journal, vec![epoch_draft(), command_draft(1, 10)]);
    let begin = ChainVerifier::after(&fixture.records[1]).tail();
    fixture.append(&mut journal, vec![trim_draft(begin)]);
    drop(journal);
    assert_eq!(left(&fixture.path()), fixture.records);
    let copy = tempfile::tempdir().unwrap();
    copy_folder(&fixture.path(), &copy.path().join("journal"));
    assert_eq!(fixture.check().recovery, []);
}
