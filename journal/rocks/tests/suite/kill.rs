//! A writer that is killed at any time: whatever it acknowledged is there.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use crate::support::{Fixture, Numbers, is_long, options, read_all, tell};
use crate::writer::{WITNESS_BYTES, arguments, command};

/// Starts a writer that goes on until it is killed.
fn writer(folder: &Path) -> Child {
    let arguments = arguments(folder, u32::MAX);
    let mut command = command(&arguments[0]);
    command.args(&arguments[1..]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// Reads what the writer acknowledges until it has acknowledged `count` groups, kills it, and reads the rest.
fn kill_after(mut writer: Child, count: usize) -> u64 {
    let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let mut acknowledged = 0;
    let mut note = |line: Option<std::io::Result<String>>| {
        // The last line may be cut short by the kill; then it was not said.
        let number = |line: String| line.split(' ').next().and_then(|seq| seq.parse::<u64>().ok());
        let seq = line.map(|line| number(line.unwrap()).unwrap_or(0));
        acknowledged = seq.unwrap_or(0).max(acknowledged);
        seq.is_some()
    };
    for _ in 0..count {
        if !note(lines.next()) {
            break;
        }
    }
    writer.kill().unwrap();
    while note(lines.next()) {}
    writer.wait().unwrap();
    acknowledged
}

/// Opens what the writer left; checks it and that everything acknowledged is in it.
fn check(fixture: &Fixture, acknowledged: u64, what: &str) {
    let (report, records) = fixture.open().unwrap_or_else(|error| panic!("{what}: {error:?}"));
    assert!(report.head.get() >= acknowledged, "{what}: {acknowledged} is gone, {report:?}");
    assert_eq!(records.len() as u64, report.head.get(), "{what}");
}

#[test]
fn a_writer_killed_at_random_points_loses_nothing_acknowledged() {
    let fixture = Fixture::new(WITNESS_BYTES);
    let mut numbers = Numbers(7);
    let mut last = 0;
    let rounds = if is_long() { 300 } else { 15 };
    for round in 0..rounds {
        let acknowledged = kill_after(writer(&fixture.path()), numbers.below(150) as usize);
        check(&fixture, acknowledged, &format!("round {round}"));
        assert!(acknowledged == 0 || acknowledged > last, "it goes on where it was");
        last = acknowledged.max(last);
    }
    tell("journal-kills", rounds);
}

#[test]
fn a_writer_killed_that_outran_the_flushes_loses_nothing_with_its_logs() {
    // In memory a sync takes no time, so that what keeps the witness from going round too early is the flush alone.
    let mut numbers = Numbers(11);
    for round in 0..6 {
        let folder = tempfile::tempdir_in("/dev/shm").unwrap();
        let fixture = Fixture { folder, witness_bytes: WITNESS_BYTES, records: Vec::new() };
        let count = 300 + numbers.below(300) as usize;
        let acknowledged = kill_after(writer(&fixture.path()), count);
        for log in fixture.files(".log") {
            fs::remove_file(log).unwrap();
        }
        check(&fixture, acknowledged, &format!("round {round}, killed after {count} groups"));
    }
}

#[test]
fn a_writer_killed_while_it_is_watched_was_seen_whole_at_each_moment() {
    let fixture = Fixture::new(WITNESS_BYTES);
    let writer = writer(&fixture.path());
    let acknowledged = kill_after(writer, 100);
    let view = journal_rocks::ReadOnly::open(&fixture.path()).unwrap();
    let head = view.reader().head();
    assert!(head.get() >= acknowledged);
    assert_eq!(read_all(&*view.reader()).len() as u64, head.get());
    let (journal, _) =
        journal_rocks::RocksJournal::open(&fixture.path(), &options(WITNESS_BYTES)).unwrap();
    assert!(journal_log::Journal::tail(&journal).seq >= head);
}
