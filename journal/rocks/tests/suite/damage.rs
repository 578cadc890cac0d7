//! Damaged files: what is damaged is mended from the witness, or refused by the record's place; never silently.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use journal_log::{Journal, JournalReader, Record, Seq, scrub};
use journal_rocks::{OpenError, Recovery, RocksJournal};

use crate::support::{Fixture, Numbers, flip, groups, is_long, options};

/// Sampled places of a log in the short form.
const CUTS: u64 = 40;

/// Openings in which RocksDB has merged the first tables, on a machine with other things to do.
const MERGES_MAX: usize = 50;

/// Sampled places of each file in the short form.
const FLIPS: u64 = 8;

/// A journal with records in sorted files and in the log. The witness has all of them if it is large enough.
fn journal(witness_bytes: u64, count: u64) -> Fixture {
    let mut fixture = Fixture::new(witness_bytes);
    fixture.write(groups(count)).write(groups(count));
    fixture
}

#[test]
fn a_log_cut_at_any_byte_loses_nothing_acknowledged() {
    let fixture = journal(1 << 20, 12);
    let log = fixture.log();
    let size = fs::metadata(&log).unwrap().len();
    let stride = if is_long() { 1 } else { (size / CUTS).max(1) };
    for cut in (0..size).step_by(usize::try_from(stride).unwrap()) {
        let copy = fixture.copy();
        fs::File::options().write(true).open(copy.log()).unwrap().set_len(cut).unwrap();
        let report = copy.check();
        assert!(!report.recovery.is_empty(), "cut at {cut} of {size}, and not a word");
        // What was mended is sound.
        assert_eq!(copy.check().recovery, [], "cut at {cut} of {size}");
    }
}

#[test]
fn the_report_says_what_was_cut_and_taken_back_and_where_the_rest_is() {
    let fixture = journal(1 << 20, 12);
    let log = fixture.log();
    let size = fs::metadata(&log).unwrap().len();
    fs::File::options().write(true).open(&log).unwrap().set_len(size - 3).unwrap();
    let report = fixture.check();
    let [taken, cut, kept] = report.recovery.as_slice() else { panic!("{:?}", report.recovery) };
    let count = fixture.records.len() as u64;
    let group = fixture.records.last().unwrap().header.group;
    assert_eq!(*taken, Recovery::TakenBack { first: group, last: Seq::new(count) });
    assert!(matches!(cut, Recovery::Cut { file, had_records: true, .. } if *file == log), "{cut}");
    let Recovery::Quarantined { folder } = kept else { panic!("{kept}") };
    let evidence = folder.join(log.file_name().unwrap());
    assert_eq!(fs::metadata(evidence).unwrap().len(), size - 3);
}

#[test]
fn a_write_cut_short_that_was_never_acknowledged_is_dropped() {
    let mut fixture = journal(1 << 20, 5);
    let before = fixture.copy();
    fixture.write(groups(1));
    // The log of a process that was killed inside a write to it, before its witness was written.
    let (log, old) = (fs::read(fixture.log()).unwrap(), before.log());
    fs::write(old.with_file_name(fixture.log().file_name().unwrap()), &log[..log.len() - 5])
        .unwrap();
    // The epoch record before it is whole; only the group behind it was cut.
    let (report, found) = before.open().unwrap();
    let count = before.records.len() + 1;
    assert_eq!(found, fixture.records[..count]);
    let is_said = |done: &Recovery| matches!(done, Recovery::Cut { had_records: false, .. });
    assert!(report.recovery.iter().any(is_said), "{:?}", report.recovery);
}

#[test]
fn a_log_that_is_gone_is_taken_back() {
    for count in [1, 12] {
        let fixture = journal(1 << 20, count);
        for log in fixture.files(".log") {
            let copy = fixture.copy();
            fs::remove_file(copy.path().join("db").join(log.file_name().unwrap())).unwrap();
            let report = copy.check();
            assert!(!report.recovery.is_empty());
        }
    }
}

#[test]
fn any_flipped_bit_is_mended_where_the_witness_has_everything() {
    let fixture = journal(1 << 20, 12);
    flip_each(&fixture, |copy, what| {
        let (_, found) = copy.open().unwrap_or_else(|error| panic!("{what}: {error:?}"));
        assert_eq!(found, copy.records, "{what}");
        copy.check();
    });
}

#[test]
fn any_flipped_bit_is_mended_or_named_where_the_witness_has_the_newest_only() {
    let mut fixture = journal(64 << 10, 30);
    fixture.write(groups(20));
    let mut named = 0;
    flip_each(&fixture, |copy, what| match RocksJournal::open(&copy.path(), &options(64 << 10)) {
        Ok((journal, _)) => {
            assert_eq!(journal.tail().seq.get(), copy.records.len() as u64, "{what}");
            named += u64::from(check_records(&*journal.reader(), &copy.records, what));
        }
        Err(error @ OpenError::Corrupt { .. }) => {
            assert!(error.is_damage(), "{what}");
            named += 1;
        }
        Err(error) => panic!("{what}: {error:?}"),
    });
    assert!(named > 0, "the witness does not have everything");
}

#[test]
fn a_record_that_nobody_has_any_more_is_named_with_its_file() {
    let mut fixture = journal(64 << 10, 30);
    fixture.write(groups(20));
    let third = fixture.records[2].encode();
    let end = &third[third.len() - 60..];
    let place = |table: PathBuf| {
        let bytes = fs::read(&table).unwrap();
        let at = bytes.windows(end.len()).position(|window| window == end)?;
        Some((table, at))
    };
    // Whether the first tables are merged by now is RocksDB's affair; with each opening there are more of them to merge.
    let mut found = None;
    for _ in 0..MERGES_MAX {
        found = fixture.files(".sst").into_iter().find_map(place);
        if found.is_some() {
            break;
        }
        fixture.write(groups(1));
    }
    let (table, at) = found.expect("no table has the third record");
    flip(&table, 8 * at as u64);
    let (journal, _) = RocksJournal::open(&fixture.path(), &options(64 << 10)).unwrap();
    let error = scrub(&*journal.reader(), |_| ControlFlow::Continue(())).unwrap_err();
    // The whole block is lost with it, so the first record of the block is the one that cannot be read.
    assert!(error.seq() <= Seq::new(3), "{error:?}");
    assert!(
        format!("{error:?}").contains(table.file_name().unwrap().to_str().unwrap()),
        "{error:?}"
    );
}

/// Reads everything; returns whether a record was named that cannot be read. No other record is given.
fn check_records(reader: &dyn JournalReader, expected: &[Record], what: &str) -> bool {
    match scrub(reader, |_| ControlFlow::Continue(())) {
        Ok(tail) => {
            assert_eq!(tail.hash, expected.last().unwrap().hash(), "{what}");
            false
        }
        Err(error) => {
            assert!(error.seq() >= Seq::FIRST && error.seq() <= reader.head(), "{what}: {error}");
            true
        }
    }
}

/// Flips bits of every file of the journal, a sample of them in the short form.
fn flip_each(fixture: &Fixture, mut check: impl FnMut(&Fixture, &str)) {
    let mut numbers = Numbers(20_260_117);
    for name in files(&fixture.path()) {
        let size = fs::metadata(fixture.path().join(&name)).unwrap().len();
        let is_ring = name.ends_with("tail.ring");
        // What was never written of the ring is not worth a try for each byte.
        let size = if is_ring { size.min(200 << 10) } else { size };
        let tries = if is_long() { size } else { FLIPS.min(size) };
        for number in 0..tries {
            let byte = if is_long() { number } else { numbers.below(size) };
            let bit = 8 * byte + numbers.below(8);
            let copy = fixture.copy();
            flip(&copy.path().join(&name), bit);
            check(&copy, &format!("bit {bit} of {}", name.display()));
        }
    }
}

/// Lists the files that matter: the witness and the database, without RocksDB's text logs.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = vec![PathBuf::from("tail.ring")];
    for entry in fs::read_dir(folder.join("db")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name != "LOCK" && !name.starts_with("LOG") {
            files.push(Path::new("db").join(name));
        }
    }
    files.sort();
    files
}

#[test]
fn a_manifest_is_good_up_to_a_write_that_a_power_cut_has_mangled() {
    let mut fixture = journal(64 << 10, 30);
    fixture.write(groups(20));
    let manifest = manifest(&fixture);
    let mut bytes = fs::read(&manifest).unwrap();
    // What may be left of two records that were not synced yet: the first changed, the second whole.
    let length = 7 + usize::from(u16::from_le_bytes([bytes[4], bytes[5]]));
    let mut changed = bytes[..length].to_vec();
    changed[length - 1] ^= 1;
    bytes.extend([changed, bytes[..length].to_vec()].concat());
    fs::write(&manifest, bytes).unwrap();
    let report = fixture.check();
    let is_said = |done: &Recovery| matches!(done, Recovery::Rewritten { .. });
    assert!(report.recovery.iter().any(is_said), "{:?}", report.recovery);
}

/// RocksDB does not come back from a record that says it is of a file that is used again, where no other is.
#[test]
fn a_manifest_with_a_record_of_another_kind_does_not_keep_rocksdb_from_coming_back() {
    const KIND: usize = 6;
    const TRIED: u64 = 6;
    let mut fixture = journal(64 << 10, 30);
    fixture.write(groups(20));
    let bytes = fs::read(manifest(&fixture)).unwrap();
    let mut tried = 0;
    let mut at = 0;
    while at + KIND < bytes.len() && tried < TRIED {
        let copy = fixture.copy();
        flip(&manifest(&copy), 8 * (at + KIND) as u64 + 2);
        if let Err(error) = copy.open() {
            let is_stuck = matches!(error, OpenError::Stuck { .. });
            assert!(error.is_damage() && !is_stuck, "the record at byte {at}: {error}");
        }
        tried += 1;
        at += KIND + 1 + usize::from(u16::from_le_bytes([bytes[at + 4], bytes[at + 5]]));
    }
    assert_eq!(tried, TRIED, "a short manifest");
}

/// The manifest that RocksDB reads first.
fn manifest(fixture: &Fixture) -> PathBuf {
    let database = fixture.path().join("db");
    let current = fs::read_to_string(database.join("CURRENT")).unwrap();
    database.join(current.trim_end())
}
